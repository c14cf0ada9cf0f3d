using Akka.Dispatch;
using Akka.Event;
using ConveyorActors.Cluster;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Writes the log to standard error, a line for each event. An exception is its message; with <c>akka.loglevel =
/// DEBUG</c> its stack, too. Until the node has started, nothing is written: an error of the start is reported once, by
/// the program.
/// </summary>
sealed class ErrorLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    const int MostHeld = 100;

    /// <summary>The mark of the exceptions about refused messages.</summary>
    const string Refused = "conveyor.wire.refused";

    /// <summary>
    /// How Akka begins the message about an actor that could not be created; the actor's type follows.
    /// </summary>
    const string NotCreated = "Error while creating actor instance of type ";

    /// <summary>How the log begins an event that the program reports itself as it ends.</summary>
    const string SettingsDiffer = $"[{ClusterEvents.SettingsDiffer}]";

    static readonly Lock Gate = new();
    static readonly List<string> Held = [];
    static bool isOpen;

    /// <summary>Holds back what is logged from now on, while a node starts.</summary>
    public static void Hold()
    {
        lock (Gate)
        {
            isOpen = false;
            Held.Clear();
        }
    }

    /// <summary>Writes what was held back, and from now on everything.</summary>
    public static void Open()
    {
        lock (Gate)
        {
            isOpen = true;
            foreach (var line in Held)
                Messages.Say(line);
            Held.Clear();
        }
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized(), Self);
                break;
            case LogEvent { Cause: { } refused } when refused.Data.Contains(Refused):
                break; // counted and logged by the serializer, not for every message
            case LogEvent logged when $"{logged.Message}".StartsWith(SettingsDiffer, StringComparison.Ordinal):
                break;
            case LogEvent logged:
                Write(logged);
                break;
        }
    }

    static void Write(LogEvent logged)
    {
        var withStack = Context.System.Settings.LogLevel == "DEBUG";
        var text =
            $"{logged.Timestamp.ToUniversalTime():HH:mm:ss.fff} {logged.LogLevel().ToString().Replace("Level", "", StringComparison.Ordinal).ToUpperInvariant()} {logged.LogSource}: {(withStack ? logged.Message : Shortened($"{logged.Message}"))}";
        if (CauseOf(logged) is { } cause)
            text += withStack ? $"\n{cause}" : $" ({Messages.OneLine(cause)})";
        lock (Gate)
        {
            if (isOpen)
                Messages.Say(text);
            else if (Held.Count < MostHeld)
                Held.Add(text);
        }
    }

    /// <summary>
    /// An actor that could not be created is reported with an exception that says no more than that; the one in it has
    /// the reason.
    /// </summary>
    static Exception? CauseOf(LogEvent logged)
    {
        var cause = logged.Cause;
        while (cause is ActorInitializationException { InnerException: { } inner })
            cause = inner;
        return cause;
    }

    /// <summary>
    /// Akka puts whole stacks into some messages, and into others all arguments of an actor, which may be the whole
    /// configuration.
    /// </summary>
    static string Shortened(string message)
    {
        if (message.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end)
            message = message[..end].TrimEnd();
        return
            message.StartsWith(NotCreated, StringComparison.Ordinal)
            && message.IndexOf(' ', NotCreated.Length) is >= 0 and var type
            ? message[..type]
            : message;
    }
}
