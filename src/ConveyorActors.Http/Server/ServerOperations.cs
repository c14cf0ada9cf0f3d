using ConveyorActors.Http.OpenApi;
using Microsoft.OpenApi;

namespace ConveyorActors.Http.Server;

/// <summary>Describes the resources that a server has besides the API: health checks and metrics.</summary>
static class ServerOperations
{
    static readonly NamedSchema Readiness = new(
        "Readiness",
        "Whether the server is ready for requests.",
        new FlagField("ready", "whether it is ready"),
        new TextField("reason", "why it is not ready") { IsOptional = true }
    );

    /// <summary>Adds the resources to a document.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        Components.AddTo(document, Readiness);
        Add(document, ConveyorServer.HealthPath, "GetHealth", "Reports that the server is running.")["200"] =
            Bodies.CreateTextReply("The text Healthy.", "text/plain");
        var ready = Add(document, ConveyorServer.ReadyPath, "GetReadiness", "Reports whether the server is ready.");
        ready["200"] = Bodies.CreateReply("The server is ready.", Readiness);
        ready["503"] = Bodies.CreateReply("The server is not ready: its records are loaded, or it stops.", Readiness);
        Add(document, Telemetry.Path, "GetMetrics", "Returns the metrics in the Prometheus text format.")["200"] =
            Bodies.CreateTextReply("The metrics.", "text/plain");
    }

    static OpenApiResponses Add(OpenApiDocument document, string path, string id, string summary)
    {
        var operation = new OpenApiOperation
        {
            OperationId = id,
            Summary = summary,
            Responses = [],
        };
        operation.Tags = new HashSet<OpenApiTagReference> { new(Tags.Server, document) };
        document.Paths.Add(path, new OpenApiPathItem { Operations = new() { [HttpMethod.Get] = operation } });
        return operation.Responses;
    }
}
