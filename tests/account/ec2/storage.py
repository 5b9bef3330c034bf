"""Volumes, snapshots, images and elastic addresses, with and without a use, encrypted or not, old and new."""

from account import Case

from ec2 import OWN_ACCOUNT, by_name, days_ago, launch, records, tagged

TOOL = "ec2_read_operations"
SNAPSHOTS, IMAGES, ADDRESSES = {}, {}, {}
# Days since each was made.
SNAPSHOT_AGES = {"snapshot-400": 400, "snapshot-91": 91, "snapshot-89": 89, "snapshot-0": 0}
IMAGE_AGES = {"image-700": 700, "image-366": 366, "image-364": 364, "image-0": 0}


def seed(account):
    ec2 = account.client("ec2")
    seed_volumes(account, ec2)
    seed_snapshots(account, ec2)
    seed_images(account, ec2)
    seed_addresses(account, ec2)
    # moto does not look at OwnerIds.
    snapshots = account.all("ec2", "describe_snapshots", "Snapshots")
    own = [snapshot for snapshot in snapshots if snapshot["OwnerId"] == OWN_ACCOUNT]
    account.prepare("ec2:DescribeSnapshots", {"Snapshots": own}, OwnerIds=["self"])


def seed_volumes(account, ec2):
    for number in range(account.size):
        ec2.create_volume(
            AvailabilityZone="us-east-1a",
            Size=8 + number % 5,
            VolumeType="gp3",
            Encrypted=number % 3 == 0,
            TagSpecifications=tagged("volume", f"disk-{number}"),
        )
    [instance] = launch(account, "with-volumes")
    for device, encrypted in [("/dev/sdf", True), ("/dev/sdg", False)]:
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=40, Encrypted=encrypted)["VolumeId"]
        ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=device)


def seed_snapshots(account, ec2):
    """The account's own by age; moto has snapshots of other accounts besides, those of AWS's images."""
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=33)["VolumeId"]
    for name, age in SNAPSHOT_AGES.items():
        made = ec2.create_snapshot(VolumeId=volume, TagSpecifications=tagged("snapshot", name))["SnapshotId"]
        SNAPSHOTS[name] = made
        records().snapshots[made].start_time = days_ago(age)
    for _ in range(account.size):
        ec2.create_snapshot(VolumeId=volume)


def seed_images(account, ec2):
    [instance] = launch(account, "image-source")
    for name, age in IMAGE_AGES.items():
        IMAGES[name] = ec2.create_image(InstanceId=instance, Name=name)["ImageId"]
        record = records().amis[IMAGES[name]]
        record.creation_date = days_ago(age)
        record.ebs_snapshot.start_time = days_ago(age)
    for name in ["from-image-1", "from-image-2", "from-image-gone"]:
        launch(account, name, ImageId=IMAGES["image-366"])
    ec2.terminate_instances(InstanceIds=[by_name(account)["from-image-gone"]["InstanceId"]])


def seed_addresses(account, ec2):
    for number in range(account.size // 3):
        made = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip", f"spare-{number}"))
        ADDRESSES[f"spare-{number}"] = made
    [instance] = launch(account, "with-elastic-address")
    used = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(InstanceId=instance, AllocationId=used)
    subnet = account.all("ec2", "describe_subnets", "Subnets")[0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    used = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(NetworkInterfaceId=interface, AllocationId=used)


def cases(account):
    return [unattached(account), unencrypted(account), *snapshots(account), *images(), addresses(account)]


def unattached(account):
    free = [volume for volume in volumes(account) if not volume["Attachments"]]
    return Case(
        TOOL,
        "unattached-volumes",
        rows=[{"id": one["VolumeId"], "gib": one["Size"], "encrypted": one["Encrypted"]} for one in free],
        summary={"gib": sum(volume["Size"] for volume in free), "volumes": len(free)},
    )


def volumes(account):
    return account.all("ec2", "describe_volumes", "Volumes")


def unencrypted(account):
    plain = [volume for volume in volumes(account) if not volume["Encrypted"]]
    rows = [
        {
            "id": volume["VolumeId"],
            "gib": volume["Size"],
            "state": volume["State"],
            "instance": ", ".join(attached["InstanceId"] for attached in volume["Attachments"]) or None,
        }
        for volume in plain
    ]
    return Case(TOOL, "unencrypted-volumes", rows=rows, summary={"volumes": len(rows)})


def snapshots(account):
    """Each image has a snapshot of its own, which is as old."""
    total = len(SNAPSHOT_AGES) + account.size + len(IMAGES)
    of_images = {name: records().amis[image].ebs_snapshot.id for name, image in IMAGES.items()}

    def case(parameters, least):
        rows = [
            {"id": SNAPSHOTS[name], "name": name, "days": age, "gib": 33, "image": None}
            for name, age in SNAPSHOT_AGES.items()
            if age >= least
        ]
        rows += [
            {"id": of_images[name], "days": age, "image": IMAGES[name]}
            for name, age in IMAGE_AGES.items()
            if age >= least
        ]
        summary = {"old_snapshots": len(rows), "snapshots": total}
        return Case(TOOL, "old-snapshots", parameters, rows=rows, summary=summary)

    return [case({}, 90), case({"days": 365}, 365)]


def images():
    """Terminated instances are no users any more."""
    users = {"image-366": 2}

    def case(parameters, least):
        rows = [
            {"id": IMAGES[name], "name": name, "days": age, "instances": users.get(name, 0), "public": False}
            for name, age in IMAGE_AGES.items()
            if age >= least
        ]
        unused = [row for row in rows if row["instances"] == 0]
        summary = {"old_images": len(rows), "old_images_without_instances": len(unused), "images": len(IMAGES)}
        return Case(TOOL, "old-images", parameters, rows=rows, summary=summary)

    return [case({}, 365), case({"days": 364}, 364)]


def addresses(account):
    rows = [
        {"name": name, "address": made["PublicIp"], "allocation": made["AllocationId"]}
        for name, made in ADDRESSES.items()
    ]
    total = len(account.all("ec2", "describe_addresses", "Addresses"))
    return Case(TOOL, "unused-elastic-ips", rows=rows, summary={"unused": len(rows), "addresses": total})
