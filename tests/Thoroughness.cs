using System.Globalization;

namespace ConveyorActors.Tests;

/// <summary>
/// How much of what is long by nature a run tries: a sample chosen by a seed, or all of it with <c>./build.sh test
/// --all</c>, which sets CONVEYOR_TEST_ALL=1.
/// </summary>
static class Thoroughness
{
    /// <summary>True when everything is tried.</summary>
    public static bool IsWhole { get; } = Environment.GetEnvironmentVariable("CONVEYOR_TEST_ALL") == "1";

    /// <summary>A count: the variable's where it is set, else the sample's or the whole's.</summary>
    public static int Count(string variable, int sample, int whole) => Setting(variable) ?? (IsWhole ? whole : sample);

    /// <summary>
    /// Of the numbers from 0 up to <paramref name="count"/>, one of each <paramref name="span"/> following each other;
    /// all of them in a whole run.
    /// </summary>
    public static IEnumerable<int> Some(int count, int span, Random random)
    {
        if (IsWhole)
            span = 1;
        for (var from = 0; from < count; from += span)
            yield return Math.Min(count - 1, from + random.Next(span));
    }

    /// <summary>A seed: the variable's where it is set, else any.</summary>
    public static int Seed(string variable) => Setting(variable) ?? Random.Shared.Next(int.MaxValue - 10_000);

    static int? Setting(string variable) =>
        int.TryParse(
            Environment.GetEnvironmentVariable(variable),
            NumberStyles.Integer,
            CultureInfo.InvariantCulture,
            out var given
        )
            ? given
            : null;
}
