FROM base:2 AS build
RUN echo built > /out
FROM scratch
COPY --from=build /out /out
COPY --chown=1000:1000 a.txt /a
ENTRYPOINT ["/out"]
