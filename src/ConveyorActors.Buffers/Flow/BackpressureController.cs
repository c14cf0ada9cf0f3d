using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Flow;

/// <summary>
/// Converts the fill of a buffer into the signal for a source, with hysteresis, so that a fill near a watermark does
/// not make the signal flap.
/// </summary>
/// <remarks>
/// Safe for use by many threads. With <c>band = (high - low) / 4</c> there are four levels above None: level i of 1 to
/// 3 (SlowDown) is entered at fill &gt; low + i * band, level 4 (Pause) at fill &gt;= high; level i is left at fill
/// &lt;= low + (i - 1) * band. When the level changes to SlowDown its delay is <c>10 + 90 * (fill - low) / (high -
/// low)</c> ms, from 10 to 100 ms.
/// </remarks>
public sealed class BackpressureController
{
    const double MinDelayMs = 10,
        MaxDelayMs = 100;

    readonly Lock gate = new();
    Watermarks marks;
    int level;
    long current; // BackpressureSignal.Packed

    /// <summary>Initializes a controller whose signal is None.</summary>
    /// <param name="high">The fill at which a source is paused; above <paramref name="low"/>, at most 1.</param>
    /// <param name="low">
    /// The fill at which a source continues at full speed; above 0. Null: three quarters of <paramref name="high"/>.
    /// </param>
    public BackpressureController(double high, double? low = null)
    {
        var settings = new BufferSettings { BackpressureThreshold = high };
        if (low is { } given)
            settings = settings with { LowWatermark = given };
        settings.Validate();
        marks = new(settings.LowWatermark, settings.BackpressureThreshold);
    }

    internal BackpressureController(Watermarks marks) => this.marks = marks;

    /// <summary>Gets the current signal.</summary>
    public BackpressureSignal Current => BackpressureSignal.FromPacked(Volatile.Read(ref current));

    internal int Level => Volatile.Read(ref level);

    /// <summary>Processes a fill (0 is empty, 1 is full) and returns the resulting signal.</summary>
    public BackpressureSignal Observe(double fill)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fill, 0);
        if (double.IsNaN(fill))
            throw new ArgumentOutOfRangeException(nameof(fill), fill, "fill is not a number; it must be at least 0.");
        lock (gate)
        {
            Observe_NeedsLock(marks.GetZone(fill), fill);
            return Current;
        }
    }

    /// <summary>Sets a signal by hand. The next fill observed continues from that signal.</summary>
    public void SetSignal(BackpressureSignal signal)
    {
        lock (gate)
        {
            level = signal.Kind switch
            {
                BackpressureKind.None => 0,
                BackpressureKind.Pause => 4,
                _ => Math.Clamp(level, 1, 3),
            };
            Volatile.Write(ref current, signal.Packed);
        }
    }

    /// <summary>Processes a fill, for a caller that serializes its calls. Returns whether the signal changed.</summary>
    internal bool Observe_NeedsLock(int zone, double fill)
    {
        var next = GetNextLevel(level, zone);
        if (next == level)
            return false;
        Volatile.Write(ref level, next);
        var signal = next switch
        {
            0 => BackpressureSignal.None,
            4 => BackpressureSignal.Pause,
            _ => BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(GetDelayMs(fill))),
        };
        var changed = signal.Packed != current;
        Volatile.Write(ref current, signal.Packed);
        return changed;
    }

    internal void ChangeMarks_NeedsLock(Watermarks changed) => marks = changed;

    /// <summary>
    /// Returns the next level: up as soon as a level is reached; down only when the fill has left its zone by a whole
    /// band.
    /// </summary>
    internal static int GetNextLevel(int level, int zone)
    {
        var reached = zone == 5 ? 4 : Math.Max(0, zone - 1);
        var held = Math.Min(zone, 4);
        return Math.Max(reached, Math.Min(level, held));
    }

    // A rounding error must not reduce the delay by a whole millisecond: fractions are cut off later.
    double GetDelayMs(double fill) =>
        Math.Clamp(
            MinDelayMs + (MaxDelayMs - MinDelayMs) * (fill - marks.Low) / (marks.High - marks.Low) + 1e-6,
            MinDelayMs,
            MaxDelayMs
        );
}
