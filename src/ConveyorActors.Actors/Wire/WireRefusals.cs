using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using Akka.Event;
using ConveyorActors.Actors.Observing;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Counts the messages from other programs that are refused, and logs them, at most once a minute for each reason.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
static class WireRefusals
{
    /// <summary>The reason of a message for a serializer that would create types by their names on the wire.</summary>
    public const string Serializer = "serializer";

    /// <summary>The reason of a message whose manifest this version does not know.</summary>
    public const string Manifest = "manifest";

    /// <summary>The reason of a message whose bytes are not valid for its manifest.</summary>
    public const string Bytes = "bytes";

    /// <summary>The key in <see cref="Exception.Data"/> that marks a message as counted and logged here.</summary>
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

        public LogLimiter GetLimiter(string reason) => byReason[reason];
    }

    /// <summary>Counts a message that was refused, and returns the exception to throw.</summary>
    /// <param name="system">The actor system that received the message.</param>
    /// <param name="reason">One of the reasons above.</param>
    /// <param name="text">A sentence that names the refused message and the cause.</param>
    /// <param name="inner">The original exception.</param>
    public static SerializationException Refuse(
        ActorSystem? system,
        string reason,
        string text,
        Exception? inner = null
    )
    {
        var exception = new SerializationException(text, inner) { Data = { [Counted] = true } };
        if (system is null)
            return exception; // a serializer without an actor system, in a test
        refused.Add(1, new("system", MeterNames.Reserve(system)), new("reason", reason));
        if (bySystem.GetOrCreateValue(system).GetLimiter(reason).TryLog(1, out var total))
            BufferLog.LogMessageRefused(system.Log, total, text);
        return exception;
    }
}
