ARG BASE=base:2
FROM $BASE
ARG VERSION=1.2
ARG NAME
ENV P=/opt/$VERSION Q=${NAME:-none}
COPY a.txt $P/
COPY b.txt ${P}/sub/${NAME}.txt
WORKDIR ${P}/x
WORKDIR y
ADD $NAME.txt /added/
RUN echo $VERSION ${NAME}
RUN echo "no args"
