using System.Text.Json;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Http.Records;

/// <summary>What became of the records of one body.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class IntakeTotals
{
    /// <summary>Gets or sets how many records the body had, as far as it was read.</summary>
    public long Read { get; set; }

    public long Accepted { get; private set; }

    /// <summary>
    /// Gets how many records, from the first, the client need not send again: accepted, duplicate or dropped ones.
    /// </summary>
    public long Consumed { get; private set; }

    public long Evicted { get; private set; }

    public BackpressureSignal Signal { get; set; }

    public long Credits { get; set; }

    /// <summary>
    /// Gets what stopped the offer, or what became of records that were not accepted; Accepted: nothing.
    /// </summary>
    public OfferStatus Reason { get; private set; }

    /// <summary>Gets whether nothing more is offered.</summary>
    public bool IsStopped { get; private set; }

    public void Add(in OfferResult result, int offered)
    {
        Accepted += result.Accepted;
        Consumed += result.Consumed;
        Evicted += result.Evicted;
        (Signal, Credits) = (result.Signal, result.Credits);
        if (result.Consumed < offered || result.Status is OfferStatus.StoreFailing)
            Stop(result.Status);
        else if (result.Status != OfferStatus.Accepted)
            Reason = result.Status;
        else if (result.Accepted < result.Consumed)
            Reason = OfferStatus.Duplicate;
    }

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
            ("signal", Signal.Kind.ToString()),
            ("delayMs", (long)Signal.Delay.TotalMilliseconds),
            ("credits", Credits),
        ];
}
