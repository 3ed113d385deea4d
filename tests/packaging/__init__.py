"""The gateway as it is installed: by systemd, in a container, with the packages of its lock alone."""
