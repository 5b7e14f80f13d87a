FROM base:2
MAINTAINER me
ARG V=1
ARG W
ENV A=1 B="two words" C=$V
ENV OLD style value
LABEL one=1 two="2 2"
EXPOSE 80 443/udp
WORKDIR /srv
COPY a.txt .
ADD b.txt /b/
RUN echo $V $W > v.txt
RUN ["/bin/echo", "json form"]
USER app
VOLUME /data /more
HEALTHCHECK --interval=5s CMD true
STOPSIGNAL SIGTERM
SHELL ["/bin/sh", "-e", "-c"]
RUN true
ENTRYPOINT ["/bin/sh"]
CMD echo hi
