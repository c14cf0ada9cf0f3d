using Microsoft.AspNetCore.Builder;
using Scalar.AspNetCore;

namespace ConveyorActors.Http.Server;

/// <summary>Serves the page that shows the OpenAPI document. The page loads nothing from other servers.</summary>
static class ApiPage
{
    public const string Path = "/docs";

    public static void Map(WebApplication application) =>
        application.MapScalarApiReference(
            Path,
            options => options.DisableDefaultFonts().DisableAgent().DisableTelemetry()
        );
}
