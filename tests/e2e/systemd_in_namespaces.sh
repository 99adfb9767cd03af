#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots a systemd as PID 1 of fresh namespaces (processes, mounts, network, names) and runs one command under it as a oneshot
# unit. What the command does to /etc, /run, /tmp, /usr/local, /var/{lib,cache,log,tmp} and the network ends with it.
# usage: systemd_in_namespaces.sh FOLDER STAGE SOURCE BUILD COMMAND...      (root; the package systemd)
# Inside: FOLDER is /run/bb/work, SOURCE /run/bb/source, BUILD /run/bb/build, and STAGE stands in the place of /usr/local. The
# command's output goes to FOLDER/out, its exit status to FOLDER/status, the manager's console to FOLDER/boot.
set -eu
if [ "${1:-}" != --inside ]; then
	folder=$1
	exec unshare --pid --fork --kill-child --mount --mount-proc --uts --ipc --cgroup --net \
		bash "$0" --inside "$@" >"$folder/boot" 2>&1 </dev/null
fi
shift
folder=$1 stage=$2 source=$3 build=$4
shift 4
mount --make-rprivate /
ip link set lo up
hostname bb-test

# Everything from outside is tied below /run/bb first: /tmp, where it may lie, is emptied afterwards.
base=$(mktemp -d "$folder/mnt.XXXXXX")
mount -t tmpfs -o mode=0755 tmpfs "$base"
mkdir -p "$base"/bb/{work,source,build,stage} "$base/lock" "$base/systemd/system"
mount --bind "$folder" "$base/bb/work"
mount --bind "$source" "$base/bb/source"
mount --bind "$build" "$base/bb/build"
mount --bind "$stage" "$base/bb/stage"
cp -a /etc "$base/bb/etc"
mount --rbind "$base" /run
mount --bind /run/bb/etc /etc
mount --bind /run/bb/stage /usr/local
for place in /var/log /var/lib /var/cache; do mount -t tmpfs -o mode=0755 tmpfs $place; done
for place in /tmp /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs $place; done

# A hierarchy of systemd's own: the old named one where the kernel has it, else the unified one.
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t tmpfs -o mode=0755 tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd
if ! mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd; then
	umount /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
# Nothing of what boots a machine: no unit that was enabled here, none that touches the kernel.
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys
find /etc/systemd/system -mindepth 1 -delete
for unit in /lib/systemd/system/{sysinit,basic,sockets,timers,local-fs,multi-user,graphical}.target.wants/*; do
	name=${unit##*/}
	case $name in
	'*' | systemd-journald.socket | systemd-journald-dev-log.socket | systemd-journald.service) ;;
	*) ln -sf /dev/null "/etc/systemd/system/$name" ;;
	esac
done
mount --make-rshared / # LoadCredential= mounts where the service must see it

{
	printf '#!/bin/bash\ncd /run/bb/work\n'
	printf '%q ' "$@"
	printf '>out 2>&1\necho $? >status\n'
} >/run/bb/command
cat >/run/systemd/system/bb-test.service <<T
[Unit]
DefaultDependencies=no
Wants=systemd-journald.service
After=systemd-journald.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/bash /run/bb/command
ExecStopPost=/bin/systemctl --force --force poweroff
T
rm -f /etc/machine-id && systemd-machine-id-setup >/dev/null 2>&1
export container=docker
exec /lib/systemd/systemd --system --unit=bb-test.service --log-target=console --show-status=no
