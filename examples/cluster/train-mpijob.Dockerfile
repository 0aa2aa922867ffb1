# The image of train-mpijob.yaml: the tool, Open MPI, and the SSH server through which mpirun starts processes in the other pods.
FROM node:22-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends openmpi-bin libopenmpi3 openssh-server openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /run/sshd \
  # the operator mounts the keys read-only, and pods get new host keys
  && printf 'Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n' > /etc/ssh/ssh_config.d/mpi.conf \
  && printf 'PermitRootLogin prohibit-password\nStrictModes no\n' > /etc/ssh/sshd_config.d/mpi.conf
RUN npm install --global facewright
