using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Makes offers to the open pipelines of this node on the caller's thread, past all mailboxes. The engine admits an
/// offer with an id and remembers its result; unlike a lease, the offer leaves nothing for an actor to track.
/// </summary>
/// <remarks>Safe for use by many threads. The results equal those of the actors.</remarks>
sealed class LocalOffers(PipelineDirectory directory, CancellationToken ended)
{
    /// <summary>Returns whether offers to a pipeline can currently be made on this node.</summary>
    public bool IsOpen(string pipeline) => directory.Placed.IsHere(pipeline) && directory.Find(pipeline) is not null;

    /// <summary>Makes an offer with an id.</summary>
    /// <exception cref="BufferServiceException">The pipeline is not open, or not here; nothing was done.</exception>
    public ValueTask<OfferResult> OfferOnceAsync(BufferBatchForStage offer, CancellationToken cancellationToken) =>
        ConveyorTraces.AreWanted ? TraceAsync(offer, cancellationToken) : OfferAsync(offer, cancellationToken);

    async ValueTask<OfferResult> TraceAsync(BufferBatchForStage offer, CancellationToken cancellationToken)
    {
        using var span = ConveyorTraces.Begin(offer);
        try
        {
            var result = await OfferAsync(offer, cancellationToken).ConfigureAwait(false);
            span?.End(new Offered(result));
            return result;
        }
        catch (Exception failure)
        {
            span?.Fail(failure);
            throw;
        }
    }

    async ValueTask<OfferResult> OfferAsync(BufferBatchForStage offer, CancellationToken cancellationToken)
    {
        var context = Enter(offer.Pipeline);
        using var either = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended)
            : null;
        try
        {
            var result = await context
                .Buffers.OfferOnceAsync(
                    offer.Pipeline,
                    offer.Stage,
                    offer.Source,
                    offer.Records,
                    offer.Offer!.Value,
                    context.Validate(offer.AckLevel),
                    offer.Credits,
                    either?.Token ?? ended
                )
                .ConfigureAwait(false);
            return Moved.CreateOfferReply(offer.Pipeline, result, directory.Serves) is { } moved
                ? throw Problems.ToException(moved)
                : result;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw directory.Placed.IsHere(offer.Pipeline)
                ? new BufferServiceException(
                    $"An offer to pipeline '{offer.Pipeline}' was ended: this service was disposed, or the pipeline has stopped."
                )
                : Problems.ToException(Problems.CreateElsewhere(offer.Pipeline));
        }
        catch (Exception wrong) when (wrong is not BufferServiceException)
        {
            var failed = Problems.FromException(wrong);
            throw Problems.ToException(Moved.CreateReply(offer, failed, directory.Serves) ?? failed);
        }
        finally
        {
            context.UnderWay.End();
        }
    }

    /// <summary>
    /// Returns the pipeline's context. The pipeline is not removed before <see cref="WorkCount.End"/> is called on it.
    /// </summary>
    PipelineContext Enter(string pipeline)
    {
        if (directory.IsClosed)
            throw Problems.ToException(Problems.Ended);
        if (
            !directory.Placed.IsHere(pipeline)
            || directory.Find(pipeline) is not { } context
            || !context.UnderWay.TryBegin()
        )
            throw Problems.ToException(Problems.CreateElsewhere(pipeline));
        context.WasUsed = true;
        return context;
    }
}
