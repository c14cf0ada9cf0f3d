using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Events;
using ConveyorActors.Http.Inspecting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ConveyorActors.Http.Routes;

/// <summary>The routes of what only reads.</summary>
static class ReadingRoutes
{
    /// <summary>Maps the routes.</summary>
    /// <param name="group">Where they are added.</param>
    /// <param name="service">The buffers.</param>
    /// <param name="options">The limits.</param>
    /// <param name="pipelines">Chooses the pipeline of a request.</param>
    /// <param name="stopping">Cancelled when the application stops: streams of events end then.</param>
    public static void Map(
        RouteGroupBuilder group,
        IBufferService service,
        ConveyorHttpOptions options,
        PipelineGate pipelines,
        CancellationToken stopping
    )
    {
        var inspection = new InspectionEndpoints(service, options, pipelines);
        MapLists(group, inspection);
        MapNumbers(group, inspection);
        MapRecords(group, new RecordListEndpoints(service, options));
        MapEvents(group, new EventsEndpoint(service, options, stopping));
    }

    static void MapLists(RouteGroupBuilder group, InspectionEndpoints inspection)
    {
        group
            .MapGet("/v1/pipelines", RouteHandlers.Of(inspection.GetPipelinesAsync))
            .Describe("ListPipelines", "Lists the pipelines with their numbers.");
        group
            .MapGet(
                "/v1/pipelines/{pipeline}/stages",
                (string pipeline, HttpContext context) => inspection.StagesAsync(context)
            )
            .Describe("ListStages", "Lists the stages of a pipeline, and those that an operator holds.");
        group
            .MapGet(
                "/v1/pipelines/{pipeline}/sources",
                (string pipeline, HttpContext context) => inspection.SourcesAsync(context)
            )
            .Describe("ListSources", "Lists the sources of a pipeline with their signals.");
    }

    static void MapNumbers(RouteGroupBuilder group, InspectionEndpoints inspection)
    {
        group
            .MapGet("/v1/stats", (string? pipeline, HttpContext context) => inspection.StatsAsync(context))
            .Describe("GetStats", "All numbers of a pipeline taken at one moment, or the numbers of all pipelines.");
        group
            .MapGet("/v1/audit", (string? pipeline, HttpContext context) => inspection.AuditAsync(context))
            .Describe("Audit", "Whether offered = settled + lost by reason + pending at every level.");
        group
            .MapGet(
                "/v1/why/{source}",
                (string source, string? pipeline, HttpContext context) => inspection.WhyAsync(context)
            )
            .Describe(
                "ExplainSource",
                "Why a source is held: which limit or operator, which consumer holds the room, since when, until when."
            );
        group
            .MapGet("/v1/limits", (string? pipeline, HttpContext context) => inspection.LimitsAsync(context))
            .Describe("GetLimits", "The limits of a pipeline.");
        group
            .MapGet(
                "/v1/sources/{source}/credits",
                (string source, string? pipeline, string? stage, HttpContext context) =>
                    inspection.CreditsAsync(context)
            )
            .Describe("GetCredits", "How much room is granted to a source as credits, and how much more could be.");
    }

    static void MapRecords(RouteGroupBuilder group, RecordListEndpoints lists)
    {
        group
            .MapGet(
                RouteHandlers.Stage + "/peek",
                (string pipeline, string stage, string? max, HttpContext context) => lists.PeekAsync(context)
            )
            .Describe("PeekRecords", "The first records that wait in a stage, without leasing them.");
        group
            .MapGet(
                RouteHandlers.Stage + "/dead-letters",
                (string pipeline, string stage, string? max, HttpContext context) => lists.GetDeadLettersAsync(context)
            )
            .Describe("ListDeadLetters", "The dead letters of a stage, oldest first.");
    }

    static void MapEvents(RouteGroupBuilder group, EventsEndpoint events) =>
        group
            .MapGet("/v1/events", RouteHandlers.Of(events.GetAsync))
            .Describe("StreamEvents", "Signals and rates as server-sent events; resumable by Last-Event-ID.");
}
