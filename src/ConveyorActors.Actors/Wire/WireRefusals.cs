using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using Akka.Event;
using ConveyorActors.Actors.Observing;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Counts the messages from other programs that are refused, and logs them, once a minute at most for each reason.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
static class WireRefusals
{
    /// <summary>A serializer that would create types by their names on the wire.</summary>
    public const string Serializer = "serializer";

    /// <summary>A manifest that this version does not know.</summary>
    public const string Manifest = "manifest";

    /// <summary>Bytes that are no message of their manifest.</summary>
    public const string Bytes = "bytes";

    /// <summary>
    /// The key of <see cref="Exception.Data"/> that says that the message was counted and logged here.
    /// </summary>
    public const string Counted = "conveyor.wire.refused";

    static readonly Meter meter = new("ConveyorActors");
    static readonly Counter<long> refused = meter.CreateCounter<long>(
        "conveyor.wire.refused",
        "{message}",
        "Messages from other programs that were refused and dropped"
    );
    static readonly ConditionalWeakTable<ActorSystem, Limiters> bySystem = [];

    sealed class Limiters
    {
        readonly Dictionary<string, LogLimiter> byReason = new(StringComparer.Ordinal)
        {
            [Serializer] = new(LogLimiter.Minute, TimeProvider.System),
            [Manifest] = new(LogLimiter.Minute, TimeProvider.System),
            [Bytes] = new(LogLimiter.Minute, TimeProvider.System),
        };

        public LogLimiter Of(string reason) => byReason[reason];
    }

    /// <summary>Counts a message that was refused, and returns the exception to throw.</summary>
    /// <param name="system">The actor system that got it.</param>
    /// <param name="reason">One of the reasons above.</param>
    /// <param name="text">What was refused, and why.</param>
    /// <param name="inner">The exception that it would otherwise be.</param>
    public static SerializationException Refuse(
        ActorSystem? system,
        string reason,
        string text,
        Exception? inner = null
    )
    {
        var exception = new SerializationException(text, inner) { Data = { [Counted] = true } };
        if (system is null)
            return exception; // a serializer of no system, in a test
        refused.Add(1, new("system", MeterNames.Of(system)), new("reason", reason));
        if (bySystem.GetOrCreateValue(system).Of(reason).Count(1, out var total))
            BufferLog.MessageRefused(system.Log, total, text);
        return exception;
    }
}
