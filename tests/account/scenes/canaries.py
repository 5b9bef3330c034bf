"""Secrets where AWS's answers are known to hold them. Each is marked CANARY."""

from account import Case

SECRET = "hunter2-CANARY"
KEY_ID = "AKIACANARYCANARY1234"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"
FUNCTION = {
    "FunctionName": "orders",
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:orders",
    "Runtime": "python3.13",
    "Environment": {"Variables": {"DB_PASSWORD": SECRET, "PLAIN": SECRET}},
}

ANSWERS = {
    "lambda:ListFunctions": [{"output": {"Functions": [FUNCTION]}}],
    "lambda:GetFunctionConfiguration": [{"output": FUNCTION}],
    "lambda:GetFunction": [
        {"output": {"Configuration": FUNCTION, "Code": {"Location": f"https://x/?X-Amz-Signature={SECRET}"}}}
    ],
    "ecs:DescribeTaskDefinition": [
        {
            "output": {
                "taskDefinition": {
                    "family": "web",
                    "containerDefinitions": [{"name": "web", "environment": [{"name": "TOKEN", "value": SECRET}]}],
                }
            }
        }
    ],
    "ec2:DescribeVpnConnections": [
        {
            "output": {
                "VpnConnections": [
                    {"VpnConnectionId": "vpn-1", "CustomerGatewayConfiguration": f"<pre_shared_key>{SECRET}</pre_shared_key>"}
                ]
            }
        }
    ],
    "ec2:DescribeLaunchTemplateVersions": [
        {
            "output": {
                "LaunchTemplateVersions": [
                    {"LaunchTemplateId": "lt-1", "VersionNumber": 1, "LaunchTemplateData": {"UserData": SECRET}}
                ]
            }
        }
    ],
    "ec2:DescribeInstanceAttribute": [{"output": {"InstanceId": "i-1", "UserData": {"Value": SECRET}}}],
    "ec2:GetPasswordData": [{"output": {"InstanceId": "i-1", "PasswordData": SECRET}}],
    "ec2:DescribeVolumes": [
        {"output": {"Volumes": [{"VolumeId": "vol-1", "Tags": [{"Key": "note", "Value": f"key {KEY_ID} {PEM}"}]}]}}
    ],
    "ec2:DescribeVpcs": [{"error": [400, "InvalidVpcID.NotFound", f"no vpc for {KEY_ID}, aws_secret_access_key={SECRET}"]}],
    "autoscaling:DescribeLaunchConfigurations": [
        {
            "output": {
                "LaunchConfigurations": [
                    {
                        "LaunchConfigurationName": "web",
                        "ImageId": "ami-1",
                        "InstanceType": "t3.micro",
                        "CreatedTime": "2026-01-02T03:04:05Z",
                        "UserData": SECRET,
                    }
                ]
            }
        }
    ],
    "apigateway:GetApiKeys": [{"output": {"items": [{"id": "k1", "name": "partner", "value": SECRET}]}}],
    "iam:ListVirtualMFADevices": [
        {"output": {"VirtualMFADevices": [{"SerialNumber": "arn:aws:iam::123456789012:mfa/x", "Base32StringSeed": SECRET}]}}
    ],
    "sns:ListSubscriptions": [
        {
            "output": {
                "Subscriptions": [
                    {
                        "SubscriptionArn": "arn:aws:sns:us-east-1:123456789012:t:1",
                        "Protocol": "https",
                        "Endpoint": f"https://user:{SECRET}@example.com/hook",
                        "Owner": "123456789012",
                        "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
                    }
                ]
            }
        }
    ],
}


def cases(account):
    return [
        Case("lambda_read_operations", "ListFunctions"),
        Case("lambda_read_operations", "GetFunctionConfiguration", {"FunctionName": "orders"}),
        Case("lambda_read_operations", "GetFunction", {"FunctionName": "orders"}),
        Case("ecs_read_operations", "DescribeTaskDefinition", {"taskDefinition": "web"}),
        Case("ec2_read_operations", "DescribeVpnConnections"),
        Case("ec2_read_operations", "DescribeLaunchTemplateVersions", {"LaunchTemplateId": "lt-1"}),
        Case("ec2_read_operations", "DescribeInstanceAttribute", {"InstanceId": "i-1", "Attribute": "userData"}),
        Case("ec2_read_operations", "GetPasswordData", {"InstanceId": "i-1"}),
        Case("ec2_read_operations", "DescribeVolumes"),
        Case("ec2_read_operations", "DescribeVpcs"),
        Case("ec2_read_operations", "autoscaling:DescribeLaunchConfigurations"),
        Case("apigateway_read_operations", "GetApiKeys"),
        Case("iam_read_operations", "ListVirtualMFADevices"),
        Case("sns_read_operations", "ListSubscriptions"),
    ]
