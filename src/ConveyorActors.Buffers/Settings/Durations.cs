using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers;

static class Durations
{
    static readonly TimeSpan Longest = TimeSpan.FromDays(365 * 10);

    /// <summary>From 1 ms to ten years.</summary>
    public static TimeSpan Positive(TimeSpan value, [CallerMemberName] string name = "") =>
        value >= TimeSpan.FromMilliseconds(1) && value <= Longest ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from 1 ms to ten years.");

    /// <summary>Null, or from 1 ms to ten years.</summary>
    public static TimeSpan? PositiveOrNull(TimeSpan? value, [CallerMemberName] string name = "") =>
        value is { } given ? Positive(given, name) : null;
}
