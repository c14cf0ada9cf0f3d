using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Producing;

/// <summary>Credits of a source: <c>POST /v1/sources/{source}/credits</c>, and giving them back.</summary>
sealed class CreditEndpoints(IBufferService service, ConveyorHttpOptions options, PipelineGate pipelines)
{
    const int DefaultTimeToLiveMs = 30_000;
    const int LongestTimeToLiveMs = 3_600_000;
    const int MostRecords = 2_000_000_000;

    public async Task<IResult> PostAsync(HttpContext context)
    {
        QueryReader.Only(context);
        var source = RouteNames.Name(context, "source");
        var body = (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).Only(
            "pipeline",
            "stage",
            "records",
            "timeToLiveMs",
            "waitMs",
            "bytesPerRecord"
        );
        var stage = RouteNames.Validate(
            body.Text("stage")
                ?? throw HttpProblem.Wrong(
                    "stage is missing; it must be the name of the stage that the records are for"
                ),
            "stage"
        );
        var records = (int)(
            body.Number("records", 1, MostRecords)
            ?? throw HttpProblem.Wrong($"records is missing; it must be a whole number from 1 to {MostRecords}")
        );
        var timeToLive = TimeSpan.FromMilliseconds(
            body.Number("timeToLiveMs", 1, LongestTimeToLiveMs) ?? DefaultTimeToLiveMs
        );
        var wait = body.Number("waitMs", 0, (long)options.MaxWait.TotalMilliseconds) ?? 0;
        var bytes = (int)(body.Number("bytesPerRecord", 0, int.MaxValue) ?? 0);
        var pipeline = await pipelines.ChooseAsync(body.Text("pipeline"), context.RequestAborted).ConfigureAwait(false);
        await pipelines.EnterAsync(pipeline, context.RequestAborted).ConfigureAwait(false);
        var grant =
            wait == 0
                ? await service
                    .RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytes, context.RequestAborted)
                    .ConfigureAwait(false)
                : await WaitAsync(pipeline, stage, source, records, timeToLive, bytes, wait, context.RequestAborted)
                    .ConfigureAwait(false);
        if (context.RequestAborted.IsCancellationRequested)
            await service.GiveBackCreditsAsync(pipeline, grant, CancellationToken.None).ConfigureAwait(false);
        var signal = await service.GetSignalAsync(pipeline, source, context.RequestAborted).ConfigureAwait(false);
        var available = await service
            .AvailableCreditsAsync(pipeline, stage, source, context.RequestAborted)
            .ConfigureAwait(false);
        await JsonText
            .WriteAsync(
                context,
                json =>
                {
                    if (grant.Records > 0)
                        json.WriteNumber("credit", grant.Id);
                    else
                        json.WriteNull("credit");
                    json.WriteNumber("records", grant.Records);
                    if (grant.Records > 0)
                        json.WriteString("expiresAt", grant.ExpiresAt);
                    else
                        json.WriteNull("expiresAt");
                    json.WriteString("signal", signal.Kind.ToString());
                    json.WriteNumber("delayMs", (long)signal.Delay.TotalMilliseconds);
                    json.WriteNumber("available", available);
                }
            )
            .ConfigureAwait(false);
        return Results.Empty;
    }

    async Task<CreditGrant> WaitAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytes,
        long waitMs,
        CancellationToken aborted
    )
    {
        using var wait = new CancellationTokenSource(TimeSpan.FromMilliseconds(waitMs), options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, aborted);
        try
        {
            return await service
                .WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytes, either.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return new(0, stage, source, 0, default);
        }
    }

    public async Task<IResult> DeleteAsync(HttpContext context)
    {
        QueryReader.Only(context, "pipeline", "stage");
        var source = RouteNames.Name(context, "source");
        if (
            !long.TryParse(
                RouteNames.Text(context, "credit"),
                System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture,
                out var id
            )
            || id == 0
        )
            throw HttpProblem.NotFound(
                $"credit is '{HttpProblem.Shown(RouteNames.Text(context, "credit"))}'; it must be the credit that was granted"
            );
        var stage = RouteNames.Validate(
            QueryReader.Text(context, "stage")
                ?? throw HttpProblem.Wrong("stage is missing; it must be the name of the credit's stage: ?stage=NAME"),
            "stage"
        );
        var pipeline = await pipelines
            .ChooseAsync(QueryReader.Text(context, "pipeline"), context.RequestAborted)
            .ConfigureAwait(false);
        var given = await service
            .GiveBackCreditsAsync(pipeline, new(id, stage, source, 1, default), context.RequestAborted)
            .ConfigureAwait(false);
        await JsonText.WriteAsync(context, json => json.WriteNumber("givenBack", given)).ConfigureAwait(false);
        return Results.Empty;
    }
}
