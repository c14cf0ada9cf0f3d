using Akka.Dispatch;
using Akka.Event;
using ConveyorActors.Cluster;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Writes the log to standard error, one line for each event. An exception is written as its message; with
/// <c>akka.loglevel = DEBUG</c> also with its stack. Nothing is written until the node has started: an error of the
/// start is reported once, by the program.
/// </summary>
sealed class ErrorLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    const int MaxHeld = 100;

    /// <summary>The key in the data of exceptions about refused messages.</summary>
    const string Refused = "conveyor.wire.refused";

    /// <summary>
    /// The beginning of Akka's message about an actor that could not be created; the actor's type follows.
    /// </summary>
    const string NotCreated = "Error while creating actor instance of type ";

    /// <summary>The beginning of a log entry that the program reports itself when it ends.</summary>
    const string SettingsDiffer = $"[{ClusterEvents.SettingsDiffer}]";

    static readonly Lock Gate = new();
    static readonly List<string> Held = [];
    static bool isOpen;

    /// <summary>Buffers log entries from now on, while a node starts.</summary>
    public static void Hold()
    {
        lock (Gate)
        {
            isOpen = false;
            Held.Clear();
        }
    }

    /// <summary>Writes the buffered entries, and from now on every entry.</summary>
    public static void Open()
    {
        lock (Gate)
        {
            isOpen = true;
            foreach (var line in Held)
                Messages.Write(line);
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
                break; // counted by the serializer, which does not log every message
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
            $"{logged.Timestamp.ToUniversalTime():HH:mm:ss.fff} {logged.LogLevel().ToString().Replace("Level", "", StringComparison.Ordinal).ToUpperInvariant()} {logged.LogSource}: {(withStack ? logged.Message : Shorten($"{logged.Message}"))}";
        if (FindCause(logged) is { } cause)
            text += withStack ? $"\n{cause}" : $" ({Messages.FormatOneLine(cause)})";
        lock (Gate)
        {
            if (isOpen)
                Messages.Write(text);
            else if (Held.Count < MaxHeld)
                Held.Add(text);
        }
    }

    /// <summary>
    /// Returns the exception to report. The exception of an actor that could not be created contains no details; its
    /// inner exception has the reason.
    /// </summary>
    static Exception? FindCause(LogEvent logged)
    {
        var cause = logged.Cause;
        while (cause is ActorInitializationException { InnerException: { } inner })
            cause = inner;
        return cause;
    }

    /// <summary>
    /// Returns the message without appended data. Akka appends whole stacks to some messages, and to others all
    /// arguments of an actor, which may contain the whole configuration.
    /// </summary>
    static string Shorten(string message)
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
