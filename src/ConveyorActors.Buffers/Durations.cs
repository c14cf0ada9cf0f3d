using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers;

/// <summary>Validates the durations of settings, and converts them to milliseconds of the engine's clock.</summary>
static class Durations
{
    /// <summary>The longest duration, as messages show it.</summary>
    public const string Max = "10,675,199 days (TimeSpan.MaxValue)";

    /// <summary>Validates a duration: from 1 ms to <see cref="TimeSpan.MaxValue"/>, or infinite.</summary>
    /// <param name="value">The duration.</param>
    /// <param name="name">Its name in the message.</param>
    /// <param name="parameter">The parameter that it is part of; null: the duration is the parameter.</param>
    public static TimeSpan ValidatePositive(
        TimeSpan value,
        [CallerMemberName] string name = "",
        string? parameter = null
    ) =>
        value >= TimeSpan.FromMilliseconds(1) || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(
                parameter ?? name,
                value,
                $"{name} is {value}; it must be from 1 ms to {Max}, or infinite (Timeout.InfiniteTimeSpan)."
            );

    /// <summary>Validates a duration: null, from 1 ms to <see cref="TimeSpan.MaxValue"/>, or infinite.</summary>
    public static TimeSpan? ValidatePositiveOrNull(TimeSpan? value, [CallerMemberName] string name = "") =>
        value is { } given ? ValidatePositive(given, name) : null;

    /// <summary>Validates a duration: from 0 to <see cref="TimeSpan.MaxValue"/>.</summary>
    /// <param name="value">The duration.</param>
    /// <param name="shown">Its name in the message.</param>
    /// <param name="name">The property.</param>
    public static TimeSpan ValidateNotNegative(TimeSpan value, string shown, [CallerMemberName] string name = "") =>
        value >= TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{shown} is {Describe(value)}; it must be from 0 to {Max}."
            );

    /// <summary>Returns a duration as messages show it.</summary>
    public static string Describe(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? "infinite" : $"{time}";

    /// <summary>
    /// Returns whole milliseconds. An infinite time becomes the longest possible one, 29,000 years, so that adding it
    /// to a time of the clock does not overflow.
    /// </summary>
    public static long ToMilliseconds(TimeSpan time) =>
        (long)(time == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : time).TotalMilliseconds;
}
