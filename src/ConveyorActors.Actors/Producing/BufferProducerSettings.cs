using System.Runtime.CompilerServices;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Producing;

/// <summary>How a <see cref="BufferProducerActor"/> works. Immutable; each value is checked when it is set.</summary>
/// <param name="Target">Where the records go, and whose they are.</param>
public sealed record BufferProducerSettings(BufferTarget Target)
{
    /// <summary>Gets where the records go, and whose they are.</summary>
    public BufferTarget Target
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Target);

    /// <summary>
    /// Records requested at a time; fewer where there is less room. Default 256; from 1 to 1,000,000.
    /// </summary>
    public int Credits
    {
        get;
        init =>
            field = value is >= 1 and <= 1_000_000
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Credits),
                    value,
                    FormattableString.Invariant($"Credits is {value}; it must be from 1 to 1,000,000.")
                );
    } = 256;

    /// <summary>
    /// How long the room of records that were requested and are not sent stays reserved. The request stays good after
    /// it; the actor then waits for room when the records come. Default 10 s; from 10 ms to 1 day.
    /// </summary>
    public TimeSpan CreditTimeToLive
    {
        get;
        init => field = Within(value, TimeSpan.FromMilliseconds(10));
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets, where limits in bytes are set, the room asked for with each record. A larger one waits for what it needs.
    /// Default 0; from 0.
    /// </summary>
    public int BytesPerRecord
    {
        get;
        init =>
            field =
                value >= 0
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(BytesPerRecord),
                        value,
                        $"BytesPerRecord is {value}; it must be at least 0."
                    );
    }

    /// <summary>
    /// How long to wait before a call to the service that failed is made again. Default 200 ms; from 1 ms to 1 day.
    /// </summary>
    public TimeSpan RetryDelay
    {
        get;
        init => field = Within(value, TimeSpan.FromMilliseconds(1));
    } = TimeSpan.FromMilliseconds(200);

    static TimeSpan Within(TimeSpan value, TimeSpan least, [CallerMemberName] string name = "") =>
        value >= least && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from {least} to 1 day."
            );
}
