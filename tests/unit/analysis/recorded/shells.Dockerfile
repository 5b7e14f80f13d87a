FROM base:2
SHELL ["/bin/sh", "-eux", "-c"]
RUN echo one
SHELL ["/bin/busybox", "sh", "-c"]
RUN echo two
ARG X=5
RUN echo three
