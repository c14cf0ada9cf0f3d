using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Inspecting;
using ConveyorActors.Http.Leasing;
using ConveyorActors.Http.Producing;
using ConveyorActors.Http.Records;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ConveyorActors.Http.Routes;

/// <summary>Maps the endpoints that change something.</summary>
static class ChangingRoutes
{
    /// <summary>Maps the endpoints to a group.</summary>
    public static void Map(
        RouteGroupBuilder group,
        IBufferService service,
        ConveyorHttpOptions options,
        PipelineGate pipelines
    )
    {
        MapRecords(group, new RecordsEndpoint(service, options, pipelines));
        MapLeases(group, new LeaseEndpoints(service, options, pipelines));
        MapCredits(group, new CreditEndpoints(service, options, pipelines));
        MapAdministration(group, new InspectionEndpoints(service, options, pipelines));
    }

    /// <summary>Maps all changing requests to a refusal, for a server that serves only reading requests.</summary>
    public static void MapRefusals(RouteGroupBuilder group) =>
        group
            .MapMethods(
                "/v1/{**any}",
                [HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete],
                IResult (HttpContext context) =>
                    throw new HttpProblem(
                        StatusCodes.Status403Forbidden,
                        "read-only",
                        $"{context.Request.Method} '{HttpProblem.Sanitize(context.Request.Path.Value ?? "")}' would change something, and this server is read-only; it must be GET"
                    )
            )
            .ExcludeFromDescription();

    static void MapRecords(RouteGroupBuilder group, RecordsEndpoint records) =>
        group
            .MapPost(
                RouteHandlers.Stage + "/records",
                (
                    string pipeline,
                    string stage,
                    string? source,
                    string? ack,
                    string? body,
                    string? idField,
                    string? whole,
                    string? credit,
                    string? waitMs,
                    HttpContext context
                ) => records.PostAsync(context)
            )
            .Describe(
                "OfferRecords",
                "Offers the records of the body: lines of JSON, an array of JSON, or lines of text; gzip is accepted."
            );

    static void MapLeases(RouteGroupBuilder group, LeaseEndpoints leases)
    {
        group
            .MapPost(
                RouteHandlers.Stage + "/leases",
                (string pipeline, string stage, HttpContext context) => leases.PostAsync(context)
            )
            .Describe("LeaseRecords", "Leases records, waiting for them up to waitMs.");
        group
            .MapPost(
                "/v1/leases/{lease}/complete",
                (string lease, HttpContext context) => leases.CompleteAsync(context)
            )
            .Describe("CompleteLease", "Settles all or some records of a lease.");
        group
            .MapPost("/v1/leases/{lease}/return", (string lease, HttpContext context) => leases.ReturnAsync(context))
            .Describe("ReturnLease", "Returns failed records of a lease to their stage, with a reason.");
        group
            .MapPost(
                "/v1/leases/{lease}/dead-letter",
                (string lease, HttpContext context) => leases.DeadLetterAsync(context)
            )
            .Describe("DeadLetterLease", "Puts records of a lease among the stage's dead letters.");
        group
            .MapPost("/v1/leases/{lease}/extend", (string lease, HttpContext context) => leases.ExtendAsync(context))
            .Describe("ExtendLease", "Moves a lease's deadline to its stage's lease timeout from now.");
    }

    static void MapCredits(RouteGroupBuilder group, CreditEndpoints credits)
    {
        group
            .MapPost("/v1/sources/{source}/credits", (string source, HttpContext context) => credits.PostAsync(context))
            .Describe("RequestCredits", "Reserves room for a source's records at a stage.");
        group
            .MapDelete(
                "/v1/sources/{source}/credits/{credit}",
                (string source, string credit, string? pipeline, string? stage, HttpContext context) =>
                    credits.DeleteAsync(context)
            )
            .Describe("GiveBackCredits", "Returns the unused part of a credit.");
    }

    static void MapAdministration(RouteGroupBuilder group, InspectionEndpoints inspection)
    {
        group
            .MapPost(
                RouteHandlers.Stage + "/dead-letters",
                (string pipeline, string stage, HttpContext context) => inspection.ChangeDeadLettersAsync(context)
            )
            .Describe("ChangeDeadLetters", "Replays or purges dead letters of a stage.");
        group
            .MapPut(
                "/v1/limits",
                (string? pipeline, string? dryRun, HttpContext context) => inspection.SetLimitsAsync(context)
            )
            .Describe("SetLimits", "Sets some limits of a pipeline; dryRun=true only shows the effects.");
        group
            .MapPost(
                "/v1/pipelines/{pipeline}/pause",
                (string pipeline, HttpContext context) => inspection.HoldAsync(context, "pause")
            )
            .Describe("Pause", "Holds a source or a stage.");
        group
            .MapPost(
                "/v1/pipelines/{pipeline}/resume",
                (string pipeline, HttpContext context) => inspection.HoldAsync(context, "resume")
            )
            .Describe("Resume", "Resumes a source or a stage.");
        group
            .MapPost(
                "/v1/pipelines/{pipeline}/drain",
                (string pipeline, HttpContext context) => inspection.DrainAsync(context)
            )
            .Describe("Drain", "Stops a pipeline: it refuses offers and lets consumers finish.");
    }
}
