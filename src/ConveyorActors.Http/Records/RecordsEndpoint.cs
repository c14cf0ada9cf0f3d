using System.Diagnostics;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Http.Features;

namespace ConveyorActors.Http.Records;

/// <summary>Accepts records: <c>POST /v1/pipelines/{pipeline}/stages/{stage}/records</c>.</summary>
sealed class RecordsEndpoint(IBufferService service, ConveyorHttpOptions options, PipelineGate pipelines)
{
    readonly WholeBodies whole = new(options.MaxWholeBytesInAll);

    public async Task<IResult> PostAsync(HttpContext context)
    {
        var request = new IntakeRequest(context, service, options);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = options.MaxBodyBytes;
        await pipelines.EnterAsync(request.Pipeline, context.RequestAborted).ConfigureAwait(false);
        using var span = Tracing.Send(request.Pipeline, request.Stage);
        try
        {
            return await TakeInAsync(context, request, span).ConfigureAwait(false);
        }
        catch (HttpProblem problem)
        {
            Tracing.Fail(span, problem);
            throw;
        }
    }

    async Task<IResult> TakeInAsync(HttpContext context, IntakeRequest request, Activity? span)
    {
        long kept = 0;
        var isServerFull = false;
        using var intake = new BodyIntake(service, options, request, Tracing.CreateHeaders(context))
        {
            Keep = bytes =>
            {
                if (kept + bytes > options.MaxWholeBytes)
                    return false;
                if (!whole.TryKeep(bytes))
                    return !(isServerFull = true);
                kept += bytes;
                return true;
            },
        };
        try
        {
            await ReadAsync(context, request, intake).ConfigureAwait(false);
            Tracing.SetRecordCount(span, (int)intake.Totals.Accepted);
            return await CreateOutcomeAsync(context, request, intake).ConfigureAwait(false);
        }
        catch (BodyTooLargeException) when (isServerFull)
        {
            throw new HttpProblem(
                StatusCodes.Status429TooManyRequests,
                "no-room",
                "the bodies that wait to be accepted whole use all the memory reserved for them"
            )
            {
                RetryAfter = 1,
                Members = intake.Totals.Members,
            };
        }
        catch (BadItemException e)
        {
            throw CreateBadItemProblem(e, intake);
        }
        catch (Exception e) when (e is BadHttpRequestException or BodyTooLargeException)
        {
            throw CreateBadBodyProblem(context, e, intake);
        }
        catch (Exception e) when (e is not HttpProblem && !context.RequestAborted.IsCancellationRequested)
        {
            // Records that were accepted before the failure stay accepted.
            throw ProblemFilter.CreateProblem(e, context).With(intake.Totals.Members);
        }
        finally
        {
            whole.Release(kept);
        }
    }

    async Task ReadAsync(HttpContext context, IntakeRequest request, BodyIntake intake)
    {
        using var time = new CancellationTokenSource(options.MaxRequestTime, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, context.RequestAborted);
        try
        {
            await intake
                .ReadAsync(context.Request.Body, context.Request.BodyReader, either.Token)
                .ConfigureAwait(false);
            if (request.IsWhole)
                await WholeOffer.RunAsync(service, request, intake, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
            when (time.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw CreateEndedProblem(
                StatusCodes.Status408RequestTimeout,
                "body-too-slow",
                $"the request took more than {options.MaxRequestTime.TotalSeconds:0.###} s; it must take less",
                intake
            );
        }
    }

    async Task<IResult> CreateOutcomeAsync(HttpContext context, IntakeRequest request, BodyIntake intake)
    {
        var totals = intake.Totals;
        // A body that is accepted whole reserves its room first: the numbers of its offer are those of that moment.
        if (request.IsWhole || totals.Read == 0 || totals is { IsStopped: true, Consumed: 0 })
        {
            totals.SetFlow(
                await service
                    .GetSignalAsync(request.Pipeline, request.Source, context.RequestAborted)
                    .ConfigureAwait(false),
                await service
                    .AvailableCreditsAsync(request.Pipeline, request.Source, context.RequestAborted)
                    .ConfigureAwait(false)
            );
        }
        if (FindRefusal(totals, request, intake) is { } refused)
            throw refused;
        await JsonText.WriteAsync(context, totals.WriteTo).ConfigureAwait(false);
        return Results.Empty;
    }

    static HttpProblem? FindRefusal(IntakeTotals totals, IntakeRequest request, BodyIntake intake)
    {
        if (!totals.IsStopped)
            return null;
        var (pipeline, stage, source) = (
            HttpProblem.Sanitize(request.Pipeline),
            HttpProblem.Sanitize(request.Stage),
            HttpProblem.Sanitize(request.Source)
        );
        return (totals.Reason, totals.Consumed) switch
        {
            (OfferStatus.StoreFailing, _) => CreateEndedProblem(
                StatusCodes.Status507InsufficientStorage,
                "store-failing",
                $"pipeline '{pipeline}' cannot write its records to disk; what is accepted is in memory until it can",
                intake,
                5
            ),
            (OfferStatus.TooLarge, _) => CreateItemProblem(
                StatusCodes.Status413PayloadTooLarge,
                "record-too-large",
                $"{intake.Word} {intake.RefusedNumber} has more bytes than the limits of pipeline '{pipeline}' can admit",
                intake,
                intake.RefusedNumber
            ),
            (OfferStatus.Draining, 0) => CreateEndedProblem(
                StatusCodes.Status503ServiceUnavailable,
                "draining",
                $"pipeline '{pipeline}' is stopping and accepts no more records",
                intake,
                5
            ),
            (OfferStatus.StageFull, 0) => CreateFullProblem(
                $"stage '{stage}' of pipeline '{pipeline}' has no room",
                intake
            ),
            // Credits are left: new records must not overtake those of the source that are only on disk.
            (OfferStatus.SourceFull, 0) when totals.Credits > 0 => CreateFullProblem(
                $"source '{source}' has reached a limit, or has records in pipeline '{pipeline}' from before its start that are not all loaded yet",
                intake
            ),
            (OfferStatus.SourceFull, 0) => CreateFullProblem(
                $"source '{source}' has reached its limit of pending records in pipeline '{pipeline}'",
                intake
            ),
            (OfferStatus.GlobalFull, 0) => CreateFullProblem($"pipeline '{pipeline}' has no room", intake),
            (OfferStatus.BudgetFull, 0) => CreateFullProblem(
                $"source '{source}' has reached its limit of pending records in all pipelines",
                intake
            ),
            (OfferStatus.Held, 0) => CreateEndedProblem(
                StatusCodes.Status429TooManyRequests,
                "held",
                $"an operator holds source '{source}' of pipeline '{pipeline}'",
                intake,
                5
            ),
            _ => null,
        };
    }

    static HttpProblem CreateFullProblem(string detail, BodyIntake intake) =>
        CreateEndedProblem(StatusCodes.Status429TooManyRequests, "no-room", detail, intake, 1);

    HttpProblem CreateBadBodyProblem(HttpContext context, Exception e, BodyIntake intake) =>
        e switch
        {
            BodyTooLargeException => CreateTooLargeProblem(e, intake),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => CreateTooLargeProblem(
                BodyTooLargeException.Create(options.MaxBodyBytes),
                intake
            ),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => CreateEndedProblem(
                StatusCodes.Status408RequestTimeout,
                "body-too-slow",
                BrokenBody.DescribeSlowness(context),
                intake
            ),
            _ => CreateEndedProblem(
                ((BadHttpRequestException)e).StatusCode,
                "invalid-request",
                BrokenBody.Reason,
                intake
            ),
        };

    static HttpProblem CreateTooLargeProblem(Exception e, BodyIntake intake) =>
        CreateEndedProblem(StatusCodes.Status413PayloadTooLarge, "body-too-large", e.Message, intake);

    static HttpProblem CreateBadItemProblem(BadItemException e, BodyIntake intake) =>
        CreateItemProblem(
            e.IsTooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest,
            e.IsTooLarge ? "record-too-large" : "bad-record",
            $"{intake.Word} {e.Number}: {e.Message}",
            intake,
            e.Number
        );

    /// <summary>Returns the problem for one line or item.</summary>
    static HttpProblem CreateItemProblem(int status, string kind, string detail, BodyIntake intake, long number) =>
        new(status, kind, detail) { Members = [(intake.Word, number), .. intake.Totals.Members] };

    /// <summary>
    /// Returns the problem for a request that ended before its body did. Accepted records stay accepted.
    /// </summary>
    static HttpProblem CreateEndedProblem(
        int status,
        string kind,
        string detail,
        BodyIntake intake,
        int? retryAfter = null
    ) => new(status, kind, detail) { RetryAfter = retryAfter, Members = intake.Totals.Members };
}
