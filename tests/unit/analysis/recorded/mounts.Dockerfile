FROM base:2 AS dep
RUN echo dep > /dep
FROM base:2
RUN --mount=type=cache,target=/c echo cached
RUN --mount=type=bind,from=dep,source=/dep,target=/d cat /d
COPY --chmod=755 a.txt /a
