using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ConveyorActors.Http.Server;

/// <summary>Serves the OpenAPI document.</summary>
static class ApiDocument
{
    public const string Path = "/openapi/v1.json";

    public static void AddTo(WebApplicationBuilder builder) =>
        builder.Services.AddOpenApi(options =>
            options.AddDocumentTransformer(
                (document, _, _) =>
                {
                    document.Info.Title = "ConveyorActors";
                    document.Info.Version = "v1";
                    document.Info.Description =
                        "Bounded buffers between the stages of data pipelines. docs/Http.md has an example for every resource.";
                    return Task.CompletedTask;
                }
            )
        );

    public static void Map(WebApplication application) => application.MapOpenApi();
}
