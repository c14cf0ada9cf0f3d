using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Events;
using ConveyorActors.Http.Inspecting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ConveyorActors.Http.Routes;

/// <summary>Maps the endpoints that only read.</summary>
static class ReadingRoutes
{
    /// <summary>Maps the endpoints to a group.</summary>
    /// <param name="group">The group the endpoints are added to.</param>
    /// <param name="service">The buffer service.</param>
    /// <param name="options">The limits of the API.</param>
    /// <param name="pipelines">Chooses the pipeline of a request.</param>
    /// <param name="stopping">Cancelled when the application stops; event streams end then.</param>
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
            .MapGet("/v1/pipelines", RouteHandlers.Wrap(inspection.GetPipelinesAsync))
            .Describe("ListPipelines", "Lists the pipelines with their numbers.");
        group
            .MapGet(
                "/v1/pipelines/{pipeline}/stages",
                (string pipeline, HttpContext context) => inspection.GetStagesAsync(context)
            )
            .Describe("ListStages", "Lists the stages of a pipeline, and those that an operator holds.");
        group
            .MapGet(
                "/v1/pipelines/{pipeline}/sources",
                (string pipeline, HttpContext context) => inspection.GetSourcesAsync(context)
            )
            .Describe("ListSources", "Lists the sources of a pipeline with their signals.");
    }

    static void MapNumbers(RouteGroupBuilder group, InspectionEndpoints inspection)
    {
        group
            .MapGet("/v1/stats", (string? pipeline, HttpContext context) => inspection.GetStatsAsync(context))
            .Describe("GetStats", "Returns all numbers of a pipeline at one moment, or the numbers of all pipelines.");
        group
            .MapGet("/v1/audit", (string? pipeline, HttpContext context) => inspection.AuditAsync(context))
            .Describe("Audit", "Checks that offered = settled + lost by reason + pending at every level.");
        group
            .MapGet(
                "/v1/why/{source}",
                (string source, string? pipeline, HttpContext context) => inspection.ExplainAsync(context)
            )
            .Describe(
                "ExplainSource",
                "Explains why a source is held: the limit or operator, the consumer that has the room, and the times."
            );
        group
            .MapGet("/v1/limits", (string? pipeline, HttpContext context) => inspection.GetLimitsAsync(context))
            .Describe("GetLimits", "Returns the limits of a pipeline.");
        group
            .MapGet(
                "/v1/sources/{source}/credits",
                (string source, string? pipeline, string? stage, HttpContext context) =>
                    inspection.GetCreditsAsync(context)
            )
            .Describe("GetCredits", "Returns the room granted to a source as credits, and the room still available.");
    }

    static void MapRecords(RouteGroupBuilder group, RecordListEndpoints lists)
    {
        group
            .MapGet(
                RouteHandlers.Stage + "/peek",
                (string pipeline, string stage, string? max, HttpContext context) => lists.PeekAsync(context)
            )
            .Describe("PeekRecords", "Lists the first records that wait in a stage without leasing them.");
        group
            .MapGet(
                RouteHandlers.Stage + "/dead-letters",
                (string pipeline, string stage, string? max, HttpContext context) => lists.GetDeadLettersAsync(context)
            )
            .Describe("ListDeadLetters", "Lists the dead letters of a stage, oldest first.");
    }

    static void MapEvents(RouteGroupBuilder group, EventsEndpoint events) =>
        group
            .MapGet("/v1/events", RouteHandlers.Wrap(events.GetAsync))
            .Describe("StreamEvents", "Streams signals and rates as server-sent events; resumable by Last-Event-ID.");
}
