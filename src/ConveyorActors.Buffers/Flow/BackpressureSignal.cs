using System.Globalization;
using System.Runtime.Serialization;
using System.Text.Json.Serialization;

namespace ConveyorActors.Buffers.Flow;

/// <summary>Specifies the kind of a signal to a source.</summary>
public enum BackpressureKind : byte
{
    /// <summary>The source may continue at full speed.</summary>
    None,

    /// <summary>The source should wait for <see cref="BackpressureSignal.Delay"/> before the next offer.</summary>
    SlowDown,

    /// <summary>The source should stop offering until the signal changes.</summary>
    Pause,
}

/// <summary>
/// The signal that a source should follow: continue, wait a little before each offer, or stop until the signal changes.
/// </summary>
/// <remarks>At most eight bytes, compared by value. The delay has a resolution of 1 ms.</remarks>
[Serializable]
public readonly record struct BackpressureSignal : ISerializable
{
    readonly BackpressureKind kind;
    readonly int delayMilliseconds;

    BackpressureSignal(BackpressureKind kind, int delayMilliseconds)
    {
        this.kind = kind;
        this.delayMilliseconds = delayMilliseconds;
    }

    BackpressureSignal(BackpressureSignal same)
        : this(same.kind, same.delayMilliseconds) { }

    [JsonConstructor]
    BackpressureSignal(BackpressureKind kind, TimeSpan delay)
        : this(kind, kind == BackpressureKind.SlowDown ? Math.Max(1, (int)delay.TotalMilliseconds) : 0) { }

    BackpressureSignal(SerializationInfo info, StreamingContext context)
        : this(FromPacked(long.Parse(info.GetString(nameof(Packed)) ?? "0", CultureInfo.InvariantCulture))) { }

    /// <summary>Gets the signal to continue at full speed.</summary>
    public static BackpressureSignal None => default;

    /// <summary>Gets the signal to stop until the signal changes.</summary>
    public static BackpressureSignal Pause => new(BackpressureKind.Pause, 0);

    /// <summary>Returns the signal to wait for a delay before the next offer.</summary>
    /// <param name="delay">The delay, from 1 ms; fractions of a millisecond are cut off.</param>
    public static BackpressureSignal SlowDown(TimeSpan delay)
    {
        if (delay < TimeSpan.FromMilliseconds(1) || delay > TimeSpan.FromDays(1))
            throw new ArgumentOutOfRangeException(
                nameof(delay),
                delay,
                $"delay is {delay}; it must be from 1 ms to one day."
            );
        return new(BackpressureKind.SlowDown, (int)delay.TotalMilliseconds);
    }

    /// <summary>Gets the kind of the signal.</summary>
    public BackpressureKind Kind => kind;

    /// <summary>Gets the time to wait; zero unless <see cref="Kind"/> is SlowDown.</summary>
    public TimeSpan Delay => TimeSpan.FromMilliseconds(delayMilliseconds);

    /// <summary>Gets whether the signal is SlowDown or Pause.</summary>
    public bool IsHeld => kind != BackpressureKind.None;

    /// <inheritdoc/>
    public override string ToString() =>
        kind == BackpressureKind.SlowDown ? $"SlowDown({delayMilliseconds} ms)" : kind.ToString();

    void ISerializable.GetObjectData(SerializationInfo info, StreamingContext context)
    {
        ArgumentNullException.ThrowIfNull(info);
        // Written as a string, because Akka's serializer may read numbers back as another type.
        info.AddValue(nameof(Packed), Packed.ToString(CultureInfo.InvariantCulture));
    }

    internal long Packed => (long)kind << 32 | (uint)delayMilliseconds;

    internal static BackpressureSignal FromPacked(long packed) => new((BackpressureKind)(packed >> 32), (int)packed);
}
