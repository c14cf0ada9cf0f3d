using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// Where the random numbers of a stress test come from. The threads' timing is not repeatable; what each of them draws
/// is.
/// </summary>
static class StressSeed
{
    /// <summary>CONVEYOR_SEED, or one by chance. Printed, whatever becomes of the test.</summary>
    public static int Next(ITestOutputHelper output, string test)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_SEED"), out var given)
            ? given
            : Random.Shared.Next();
        output.WriteLine($"CONVEYOR_SEED={seed}");
        Console.WriteLine($"{test}: CONVEYOR_SEED={seed}");
        return seed;
    }
}

/// <summary>Stress tests run one after the other: each wants the machine for itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class StressCollection
{
    public const string Name = "Manager stress";
}
