using System.Text.Json;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Http.Records;

/// <summary>Adds up the results of the offers of one body.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class IntakeTotals
{
    /// <summary>Gets or sets the number of records read from the body so far.</summary>
    public long Read { get; set; }

    public long Accepted { get; private set; }

    /// <summary>
    /// Gets how many records, counted from the first, the client must not send again: accepted, duplicate and dropped
    /// ones.
    /// </summary>
    public long Consumed { get; private set; }

    public long Evicted { get; private set; }

    public BackpressureSignal Signal { get; private set; }

    /// <summary>Gets the credits of the source; null: they are not known, because nothing was offered.</summary>
    public long? Credits { get; private set; }

    /// <summary>
    /// Gets the status that stopped the offer, or that records which were not accepted have; Accepted: all were
    /// accepted.
    /// </summary>
    public OfferStatus Reason { get; private set; }

    /// <summary>Gets whether no more records are offered.</summary>
    public bool IsStopped { get; private set; }

    public void Add(in OfferResult result, int offered)
    {
        Accepted += result.Accepted;
        Consumed += result.Consumed;
        Evicted += result.Evicted;
        SetFlow(result.Signal, result.Credits);
        if (result.Consumed < offered || result.Status is OfferStatus.StoreFailing)
            Stop(result.Status);
        else if (result.Status != OfferStatus.Accepted)
            Reason = result.Status;
        else if (result.Accepted < result.Consumed)
            Reason = OfferStatus.Duplicate;
    }

    /// <summary>Sets the signal and the credits of the source.</summary>
    public void SetFlow(BackpressureSignal signal, long credits) => (Signal, Credits) = (signal, credits);

    public void Stop(OfferStatus reason) => (Reason, IsStopped) = (reason, true);

    public void WriteTo(Utf8JsonWriter json)
    {
        foreach (var (name, value) in Members)
        {
            switch (value)
            {
                case long number:
                    json.WriteNumber(name, number);
                    break;
                case string text:
                    json.WriteString(name, text);
                    break;
                default:
                    json.WriteNull(name);
                    break;
            }
        }
    }

    public IReadOnlyList<(string Name, object? Value)> Members =>
        [
            ("accepted", Accepted),
            ("refused", Math.Max(0, Read - Consumed)),
            ("consumed", Consumed),
            ("evicted", Evicted),
            ("reason", Reason == OfferStatus.Accepted ? null : Reason.ToString()),
            ("signal", Credits is null ? null : Signal.Kind.ToString()),
            ("delayMs", Credits is null ? null : (long)Signal.Delay.TotalMilliseconds),
            ("credits", Credits),
        ];
}
