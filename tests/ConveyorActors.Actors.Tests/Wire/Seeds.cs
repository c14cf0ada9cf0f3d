using System.Runtime.CompilerServices;
using Xunit.Abstractions;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>Where the random numbers of a test come from.</summary>
static class Seeds
{
    /// <summary>CONVEYOR_SEED, or one by chance. Printed, whatever becomes of the test.</summary>
    public static int Next(ITestOutputHelper output, [CallerMemberName] string test = "")
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_SEED"), out var given)
            ? given
            : Random.Shared.Next();
        output.WriteLine($"CONVEYOR_SEED={seed}");
        Console.WriteLine($"{test}: CONVEYOR_SEED={seed}");
        return seed;
    }
}
