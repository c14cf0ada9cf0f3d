using System.Globalization;
using System.Runtime.Serialization;
using System.Text.Json.Serialization;

namespace ConveyorActors.Buffers.Flow;

/// <summary>The three things a buffer can say to a source.</summary>
public enum BackpressureKind : byte
{
    /// <summary>Go on.</summary>
    None,

    /// <summary>Wait <see cref="BackpressureSignal.Delay"/> before the next offer.</summary>
    SlowDown,

    /// <summary>Stop offering until the signal changes.</summary>
    Pause,
}

/// <summary>What a source should do: go on, wait a little before each offer, or stop until told otherwise.</summary>
/// <remarks>Eight bytes at most, compared by value. The delay has a resolution of 1 ms.</remarks>
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

    /// <summary>Go on.</summary>
    public static BackpressureSignal None => default;

    /// <summary>Stop until the signal changes.</summary>
    public static BackpressureSignal Pause => new(BackpressureKind.Pause, 0);

    /// <summary>Wait this long before the next offer.</summary>
    /// <param name="delay">From 1 ms; fractions of a millisecond are cut off.</param>
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

    /// <summary>Which of the three.</summary>
    public BackpressureKind Kind => kind;

    /// <summary>How long to wait; zero unless <see cref="Kind"/> is SlowDown.</summary>
    public TimeSpan Delay => TimeSpan.FromMilliseconds(delayMilliseconds);

    /// <summary>True for SlowDown and Pause.</summary>
    public bool IsHeld => kind != BackpressureKind.None;

    /// <inheritdoc/>
    public override string ToString() =>
        kind == BackpressureKind.SlowDown ? $"SlowDown({delayMilliseconds} ms)" : kind.ToString();

    void ISerializable.GetObjectData(SerializationInfo info, StreamingContext context)
    {
        ArgumentNullException.ThrowIfNull(info);
        // Akka's serializer reads numbers back as something else
        info.AddValue(nameof(Packed), Packed.ToString(CultureInfo.InvariantCulture));
    }

    internal long Packed => (long)kind << 32 | (uint)delayMilliseconds;

    internal static BackpressureSignal FromPacked(long packed) => new((BackpressureKind)(packed >> 32), (int)packed);
}
