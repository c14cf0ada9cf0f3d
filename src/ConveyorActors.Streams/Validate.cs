using System.Runtime.CompilerServices;

namespace ConveyorActors.Streams;

/// <summary>Validates the values of settings, with an error message for each range.</summary>
static class Validate
{
    public static int RequireInRange(int value, int low, int high, string unit, [CallerMemberName] string name = "") =>
        value >= low && value <= high
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                FormattableString.Invariant($"{name} is {value}; it must be from {low:N0} to {high:N0} {unit}.")
            );

    public static TimeSpan RequireInRange(
        TimeSpan value,
        TimeSpan low,
        TimeSpan high,
        [CallerMemberName] string name = ""
    ) =>
        value >= low && value <= high
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from {low} to {high}."
            );
}
