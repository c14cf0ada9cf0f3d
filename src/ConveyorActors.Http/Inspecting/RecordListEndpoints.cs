using System.Text.Json;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Records;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Inspecting;

/// <summary>Lists records without leasing them: waiting records and dead letters.</summary>
sealed class RecordListEndpoints(IBufferService service, ConveyorHttpOptions options)
{
    public const int DefaultMax = 20;

    public async Task<IResult> PeekAsync(HttpContext context)
    {
        var (pipeline, stage, max) = Read(context);
        await RequireAsync(pipeline, context.RequestAborted).ConfigureAwait(false);
        var records = await service.PeekAsync(pipeline, stage, max, context.RequestAborted).ConfigureAwait(false);
        if (records.Count == 0)
            await RequireStageAsync(pipeline, stage, context.RequestAborted).ConfigureAwait(false);
        var written = new RecordJson();
        await WriteAsync(context, "records", records, (json, record) => written.Write(json, record))
            .ConfigureAwait(false);
        return Results.Empty;
    }

    public async Task<IResult> GetDeadLettersAsync(HttpContext context)
    {
        var (pipeline, stage, max) = Read(context);
        await RequireAsync(pipeline, context.RequestAborted).ConfigureAwait(false);
        var letters = await service
            .GetDeadLettersAsync(pipeline, stage, max, context.RequestAborted)
            .ConfigureAwait(false);
        if (letters.Count == 0)
            await RequireStageAsync(pipeline, stage, context.RequestAborted).ConfigureAwait(false);
        var written = new RecordJson();
        await WriteAsync(context, "deadLetters", letters, (json, letter) => written.Write(json, letter.Record, letter))
            .ConfigureAwait(false);
        return Results.Empty;
    }

    async ValueTask RequireAsync(string pipeline, CancellationToken cancellationToken)
    {
        var there = await service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false);
        if (!there.Contains(pipeline, StringComparer.Ordinal))
            throw HttpProblem.CreateNotFound($"pipeline is '{HttpProblem.Sanitize(pipeline)}', which does not exist");
    }

    /// <summary>Checks that a stage without such records exists, as the command that changes them does.</summary>
    async ValueTask RequireStageAsync(string pipeline, string stage, CancellationToken cancellationToken)
    {
        var snapshot = await service.GetSnapshotAsync(pipeline, cancellationToken).ConfigureAwait(false);
        try
        {
            NameLookup.CheckStage(snapshot, stage);
        }
        catch (InspectionException e)
        {
            throw HttpProblem.CreateNotFound(CommandError.Format(e.Message));
        }
    }

    (string Pipeline, string Stage, int Max) Read(HttpContext context)
    {
        QueryReader.ValidateNames(context, "max");
        return (
            RouteNames.GetName(context, "pipeline"),
            RouteNames.GetName(context, "stage"),
            (int)(QueryReader.GetNumber(context, "max", 1, options.MaxRecords) ?? DefaultMax)
        );
    }

    static async Task WriteAsync<T>(
        HttpContext context,
        string name,
        IReadOnlyList<T> items,
        Action<Utf8JsonWriter, T> write
    )
    {
        context.Response.ContentType = JsonText.MediaType;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, JsonText.Compact);
        json.WriteStartObject();
        await JsonText.WriteArrayAsync(context, json, name, items, write).ConfigureAwait(false);
        json.WriteEndObject();
        await JsonText.SendAsync(context, json).ConfigureAwait(false);
    }
}
