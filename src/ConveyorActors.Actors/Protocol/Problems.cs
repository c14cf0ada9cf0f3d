using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Exceptions on this side of the wire are messages on it, and the same exceptions again on the other side.
/// </summary>
static class Problems
{
    /// <summary>True for what a caller did wrong, or asked for at the wrong time. Anything else is a crash.</summary>
    public static bool IsExpected(Exception exception) =>
        exception is ArgumentException or ObjectDisposedException or StoreException or OfferForgottenException;

    public static Failed Of(Exception exception) =>
        exception switch
        {
            WireLimitException wrong => new(Problem.TooLarge, wrong.Message),
            OfferForgottenException => new(Problem.Forgotten, exception.Message),
            ArgumentOutOfRangeException wrong => new(Problem.ArgumentOutOfRange, Text(wrong), wrong.ParamName),
            ArgumentNullException wrong => new(Problem.ArgumentMissing, Text(wrong), wrong.ParamName),
            ArgumentException wrong => new(Problem.Argument, Text(wrong), wrong.ParamName),
            ObjectDisposedException => new(Problem.NotNow, exception.Message),
            StoreException => new(Problem.StoreUnavailable, exception.Message),
            _ => OfCrash(exception),
        };

    /// <summary>
    /// Returns what an actor crashed on: whatever class of exception it is, it says nothing about the caller.
    /// </summary>
    public static Failed OfCrash(Exception exception) =>
        new(Problem.Crashed, $"The actor failed while it worked on the command: {exception.Message}");

    /// <summary>Gets the reply to a call that waited at an actor when it was stopped.</summary>
    public static Failed Stopped { get; } =
        new(
            Problem.Crashed,
            "The actor was stopped while it worked on the command. Whether it took effect is not known."
        );

    /// <summary>Gets what every command is told once the buffers have stopped, or were stopped by hand.</summary>
    public static Failed Ended { get; } =
        new(
            Problem.NotNow,
            "The buffers of this actor system have stopped (ConveyorSystem.StopAsync, the end of the system, or a stop of /user/conveyor): nothing was done."
        );

    /// <summary>
    /// Returns what a command is told that came to a node which does not have its pipeline, or has it no more.
    /// </summary>
    public static Failed Elsewhere(string pipeline) =>
        new(
            Problem.Elsewhere,
            $"Pipeline '{pipeline}' is on another node of the cluster, or on its way there. Nothing was done; send the command again."
        );

    /// <summary>A reply names its command. A buffer actor knows its passes by number.</summary>
    public static IConveyorReply Shaped(object command, IConveyorReply reply) =>
        command is BufferPartsForStage parts && reply is Failed failed
            ? new PartsOffered(parts.Pass, [], failed)
            : reply.About(command);

    /// <summary>Tells those who sent what nobody will work on any more.</summary>
    public static void TellAll(IEnumerable<(object Message, IActorRef Sender)> unread, Failed why)
    {
        foreach (var (message, sender) in unread)
            if (sender is not null && !sender.IsNobody())
                sender.Reply(Shaped(message, why), ActorRefs.NoSender);
    }

    public static Exception ToException(Failed failed) =>
        failed.Problem switch
        {
            Problem.Argument => new ArgumentException(failed.Message, failed.Parameter),
            Problem.ArgumentMissing => new ArgumentNullException(failed.Parameter, failed.Message),
            Problem.ArgumentOutOfRange => new ArgumentOutOfRangeException(failed.Parameter, failed.Message),
            Problem.TooLarge => new WireLimitException(failed.Message),
            Problem.Forgotten => new OfferForgottenException(failed.Message),
            Problem.Elsewhere => new BufferServiceException(failed),
            Problem.NotNow => new InvalidOperationException(failed.Message),
            Problem.StoreUnavailable => new StoreException(failed.Message),
            _ => new BufferServiceException(failed.Message),
        };

    /// <summary>The message without what the exception's class adds: it will be added again.</summary>
    static string Text(ArgumentException exception)
    {
        var text = exception.Message;
        if (text == new ArgumentNullException(exception.ParamName).Message)
            return $"{exception.ParamName} is null; it must be given.";
        var end = text.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
