using System.Text.Json;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Producing;

/// <summary>Reserves credits for a source (<c>POST /v1/sources/{source}/credits</c>) and takes them back.</summary>
sealed class CreditEndpoints(IBufferService service, ConveyorHttpOptions options, PipelineGate pipelines)
{
    public async Task<IResult> PostAsync(HttpContext context)
    {
        QueryReader.ValidateNames(context);
        var request = await CreditRequest.ReadAsync(context, options).ConfigureAwait(false);
        var pipeline = await pipelines.ChooseAsync(request.Pipeline, context.RequestAborted).ConfigureAwait(false);
        await pipelines.EnterAsync(pipeline, context.RequestAborted).ConfigureAwait(false);
        var grant = await GrantAsync(pipeline, request, context.RequestAborted).ConfigureAwait(false);
        if (context.RequestAborted.IsCancellationRequested)
            await service.GiveBackCreditsAsync(pipeline, grant, CancellationToken.None).ConfigureAwait(false);
        if (grant.Records == 0)
            await ThrowIfStoppingAsync(pipeline, context.RequestAborted).ConfigureAwait(false);
        var signal = await service
            .GetSignalAsync(pipeline, request.Source, context.RequestAborted)
            .ConfigureAwait(false);
        var available = await service
            .AvailableCreditsAsync(pipeline, request.Stage, request.Source, context.RequestAborted)
            .ConfigureAwait(false);
        await JsonText.WriteAsync(context, json => Write(json, grant, signal, available)).ConfigureAwait(false);
        return Results.Empty;
    }

    async ValueTask ThrowIfStoppingAsync(string pipeline, CancellationToken aborted)
    {
        if ((await service.GetSnapshotAsync(pipeline, aborted).ConfigureAwait(false)).State != "Running")
            throw new HttpProblem(
                StatusCodes.Status503ServiceUnavailable,
                "draining",
                $"pipeline '{HttpProblem.Sanitize(pipeline)}' is stopping and grants no more credits"
            )
            {
                RetryAfter = 5,
            };
    }

    ValueTask<CreditGrant> GrantAsync(string pipeline, CreditRequest request, CancellationToken aborted) =>
        request.WaitMs == 0
            ? service.RequestCreditsAsync(
                pipeline,
                request.Stage,
                request.Source,
                request.Records,
                request.TimeToLive,
                request.BytesPerRecord,
                aborted
            )
            : WaitAsync(pipeline, request, aborted);

    async ValueTask<CreditGrant> WaitAsync(string pipeline, CreditRequest request, CancellationToken aborted)
    {
        using var wait = new CancellationTokenSource(TimeSpan.FromMilliseconds(request.WaitMs), options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, aborted);
        try
        {
            return await service
                .WaitForCreditsAsync(
                    pipeline,
                    request.Stage,
                    request.Source,
                    request.Records,
                    request.TimeToLive,
                    request.BytesPerRecord,
                    either.Token
                )
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return new(0, request.Stage, request.Source, 0, default);
        }
    }

    static void Write(Utf8JsonWriter json, CreditGrant grant, BackpressureSignal signal, long available)
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

    public async Task<IResult> DeleteAsync(HttpContext context)
    {
        QueryReader.ValidateNames(context, "pipeline", "stage");
        var source = RouteNames.GetName(context, "source");
        if (
            !long.TryParse(
                RouteNames.GetText(context, "credit"),
                System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture,
                out var id
            )
            || id == 0
        )
            throw HttpProblem.CreateNotFound(
                $"credit is '{HttpProblem.Sanitize(RouteNames.GetText(context, "credit"))}'; it must be the credit that was granted"
            );
        var stage = RouteNames.Validate(
            QueryReader.GetText(context, "stage")
                ?? throw HttpProblem.CreateInvalid(
                    "stage is missing; it must be the name of the credit's stage: ?stage=NAME"
                ),
            "stage"
        );
        var pipeline = await pipelines
            .ChooseAsync(QueryReader.GetText(context, "pipeline"), context.RequestAborted)
            .ConfigureAwait(false);
        var given = await service
            .GiveBackCreditsAsync(pipeline, new(id, stage, source, 1, default), context.RequestAborted)
            .ConfigureAwait(false);
        await JsonText.WriteAsync(context, json => json.WriteNumber("givenBack", given)).ConfigureAwait(false);
        return Results.Empty;
    }
}
