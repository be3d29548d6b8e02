# The service as one native binary, on a base that holds neither a shell nor tools, for a user that is not root.
#
#   docker build -t softmax-service .
#   docker run --rm --read-only --cap-drop ALL -p 8080:8080 -p 8081:8081 softmax-service
#   docker buildx build --platform linux/amd64,linux/arm64 -t softmax-service .
#
# docker/verify builds it with buildah and tries what comes out.

# Builds on the builder's own processor and compiles for the other: a compiler that is emulated takes an hour.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0-noble-aot AS build
ARG BUILDARCH
ARG TARGETARCH
RUN if [ "$TARGETARCH" != "$BUILDARCH" ]; then \
      case "$TARGETARCH" in \
        amd64) linker="gcc-x86-64-linux-gnu libc6-dev-amd64-cross" ;; \
        arm64) linker="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;; \
        *) echo "There is no native build for $TARGETARCH: amd64 and arm64 are supported." >&2; exit 1 ;; \
      esac; \
      apt-get update && apt-get install -y --no-install-recommends $linker; \
    fi
WORKDIR /source
# Packages are fetched anew only when these files change.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY src/Numerics/*.csproj src/Numerics/
COPY src/Inference/*.csproj src/Inference/
COPY src/Api/*.csproj src/Api/
RUN dotnet restore src/Api --arch "$TARGETARCH" -p:PublishAot=true
COPY . .
RUN dotnet publish src/Api --arch "$TARGETARCH" -p:PublishAot=true --no-restore --output /app

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
ARG REVISION=unknown
LABEL org.opencontainers.image.title="SoftmaxService" \
      org.opencontainers.image.description="Serves ONNX image classifiers, with softmax at a temperature that each request chooses" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /app /app
COPY LICENSE /app/
# The base asks for port 8080 by a setting of its own, which Urls would override with a warning.
ENV ASPNETCORE_HTTP_PORTS= \
    Urls=http://*:8080 \
    Grpc__Url=http://*:8081 \
    Serilog__Format=json
EXPOSE 8080 8081
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/app/SoftmaxService.Api", "health"]
ENTRYPOINT ["/app/SoftmaxService.Api"]
