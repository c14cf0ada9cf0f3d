namespace ConveyorActors.Packages.Tests;

/// <summary>
/// A test that installs packages and builds with them, which takes a minute: only a whole run has it.
/// </summary>
sealed class WholeFactAttribute : FactAttribute
{
    public WholeFactAttribute()
    {
        if (!Thoroughness.IsWhole)
            Skip = "Takes a minute: ./build.sh test --all runs it.";
    }
}
