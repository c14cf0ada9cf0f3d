namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Recognizes commands that a pipeline did not execute because it moves, or has moved, to another node of the cluster.
/// </summary>
static class Moved
{
    /// <summary>
    /// Returns the reply to a command that changed nothing and can be sent to the pipeline's next node; null: the reply
    /// stands.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="reply">The reply of the pipeline's actors on this node.</param>
    /// <param name="serves">Returns whether this node executes a pipeline's commands.</param>
    public static Failed? CreateReply(object command, object? reply, Func<string, bool> serves) =>
        command is IPipelineCommand { Pipeline: { } pipeline } local && !serves(pipeline) && IsUndone(local, reply)
            ? Problems.CreateElsewhere(pipeline)
            : null;

    /// <summary>
    /// Returns the reply to an offer that changed nothing and can be made at the pipeline's next node; null: the result
    /// stands.
    /// </summary>
    public static Failed? CreateOfferReply(string pipeline, in OfferResult result, Func<string, bool> serves) =>
        result is { Consumed: 0, Status: OfferStatus.StoreFailing or OfferStatus.Draining } && !serves(pipeline)
            ? Problems.CreateElsewhere(pipeline)
            : null;

    static bool IsUndone(IPipelineCommand command, object? reply) =>
        reply switch
        {
            Failed { Problem: Problem.NotNow or Problem.StoreUnavailable } => true,
            Offered { Result: { Consumed: 0, Status: OfferStatus.StoreFailing or OfferStatus.Draining } } => true,
            Leased { Batch.Count: 0 } => command is GetBatch { Request.Wait: true },
            Granted { Grant.Records: 0 } => command is RequestCredits { WaitForRoom: true },
            WaitCancelled => true,
            _ => false,
        };
}
