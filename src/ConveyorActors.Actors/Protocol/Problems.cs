using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Converts exceptions to failure replies for the wire, and back to the same exceptions on the other side.
/// </summary>
static class Problems
{
    /// <summary>
    /// Returns whether an exception is the caller's mistake, or a call at the wrong time. Any other exception is a
    /// crash.
    /// </summary>
    public static bool IsExpected(Exception exception) =>
        exception is ArgumentException or ObjectDisposedException or StoreException or OfferForgottenException;

    public static Failed FromException(Exception exception) =>
        exception switch
        {
            WireLimitException wrong => new(Problem.TooLarge, ExceptionMessage.Read(wrong)),
            OfferForgottenException => new(Problem.Forgotten, ExceptionMessage.Read(exception)),
            ArgumentOutOfRangeException wrong => new(Problem.ArgumentOutOfRange, TrimMessage(wrong), wrong.ParamName),
            ArgumentNullException wrong => new(Problem.ArgumentMissing, TrimMessage(wrong), wrong.ParamName),
            ArgumentException wrong => new(Problem.Argument, TrimMessage(wrong), wrong.ParamName),
            ObjectDisposedException => new(Problem.NotNow, ExceptionMessage.Read(exception)),
            StoreException => new(Problem.StoreUnavailable, ExceptionMessage.Read(exception)),
            _ => FromCrash(exception),
        };

    /// <summary>
    /// Returns the reply to a command on which an actor crashed. Whatever the exception's class, the failure is not the
    /// caller's mistake.
    /// </summary>
    public static Failed FromCrash(Exception exception) =>
        new(Problem.Crashed, $"The actor failed while it worked on the command: {ExceptionMessage.Read(exception)}");

    /// <summary>Gets the reply to a call that waited at an actor when the actor was stopped.</summary>
    public static Failed Stopped { get; } =
        new(
            Problem.Crashed,
            "The actor was stopped while it worked on the command. Whether it took effect is not known."
        );

    /// <summary>Gets the reply to every command once the buffers have stopped, or were stopped by hand.</summary>
    public static Failed Ended { get; } =
        new(
            Problem.NotNow,
            "The buffers of this actor system have stopped (ConveyorSystem.StopAsync, the end of the system, or a stop of /user/conveyor): nothing was done."
        );

    /// <summary>Returns the reply of a node that does not have a command's pipeline, or no longer has it.</summary>
    public static Failed CreateElsewhere(string pipeline) =>
        new(
            Problem.Elsewhere,
            $"Pipeline '{pipeline}' is on another node of the cluster, or on its way there. Nothing was done; send the command again."
        );

    /// <summary>
    /// Returns the reply with a reference to its command. A failure of a buffer actor's pass becomes the result of the
    /// pass, with its number.
    /// </summary>
    public static IConveyorReply AddReference(object command, IConveyorReply reply) =>
        command is BufferPartsForStage parts && reply is Failed failed
            ? new PartsOffered(parts.Pass, [], failed)
            : reply.WithReference(command);

    /// <summary>Replies to the senders of messages that no actor will handle.</summary>
    public static void ReplyToAll(IEnumerable<(object Message, IActorRef Sender)> unread, Failed why)
    {
        foreach (var (message, sender) in unread)
            if (sender is not null && !sender.IsNobody())
                sender.Reply(AddReference(message, why), ActorRefs.NoSender);
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

    /// <summary>
    /// Returns the exception's message without the parts that its class adds, because they will be added again.
    /// </summary>
    static string TrimMessage(ArgumentException exception)
    {
        var text = ExceptionMessage.Read(exception);
        if (text == new ArgumentNullException(exception.ParamName).Message)
            return $"{exception.ParamName} is null; it must be given.";
        var end = text.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
