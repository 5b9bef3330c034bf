"""Fixture of ec2_read_operations."""

from account import Case

TOOL = "ec2_read_operations"


def seed(account):
    ec2 = account.client("ec2")
    image = account.all("ec2", "describe_images", "Images")[0]["ImageId"]
    for start in range(0, account.size, 100):
        count = min(100, account.size - start)
        tags = [{"Key": "Name", "Value": f"web-{start}"}]
        if start == 0:
            tags.append({"Key": "Owner", "Value": "platform"})
        ec2.run_instances(
            ImageId=image,
            MinCount=count,
            MaxCount=count,
            InstanceType="t3.micro",
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
    for number in range(account.size):
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=8 + number % 5, VolumeType="gp3")


def cases(account):
    free = account.all("ec2", "describe_volumes", "Volumes", Filters=[{"Name": "status", "Values": ["available"]}])
    return [
        Case(
            TOOL,
            "unattached-volumes",
            rows=[{"id": volume["VolumeId"], "gib": volume["Size"]} for volume in free],
            summary={"gib": sum(volume["Size"] for volume in free)},
        )
    ]
