using System.Runtime.CompilerServices;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Producing;

/// <summary>
/// The settings of a <see cref="BufferProducerActor"/>. Immutable; each value is validated when it is set.
/// </summary>
/// <param name="Target">The destination of the records, and the source that they belong to.</param>
public sealed record BufferProducerSettings(BufferTarget Target)
{
    /// <summary>Gets the destination of the records, and the source that they belong to.</summary>
    public BufferTarget Target
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Target);

    /// <summary>
    /// Gets the number of records requested at a time; fewer if there is less room. Default 256; from 1 to 1,000,000.
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
    /// Gets how long room stays reserved for records that were requested and not sent. The request remains valid after
    /// that; when its records come, the actor waits for room. Default 10 s; from 10 ms to 1 day.
    /// </summary>
    public TimeSpan CreditTimeToLive
    {
        get;
        init => field = ValidateRange(value, TimeSpan.FromMilliseconds(10));
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the bytes reserved for each record, where bytes are bounded. A larger record waits until there is room for
    /// it. Default 0; from 0.
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
    /// Gets the delay before a failed call to the service is repeated. Default 200 ms; from 1 ms to 1 day.
    /// </summary>
    public TimeSpan RetryDelay
    {
        get;
        init => field = ValidateRange(value, TimeSpan.FromMilliseconds(1));
    } = TimeSpan.FromMilliseconds(200);

    static TimeSpan ValidateRange(TimeSpan value, TimeSpan least, [CallerMemberName] string name = "") =>
        value >= least && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from {least} to 1 day."
            );
}
