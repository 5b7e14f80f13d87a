FROM base:2 AS build
RUN echo built > /out
COPY a.txt /a
FROM build AS mid
RUN echo mid > /mid
FROM mid AS other
RUN echo other > /other
FROM mid AS final
COPY --from=other /other /o
COPY --from=build /out /out2
RUN echo final
