namespace ConveyorActors.Pipelines.Tests;

/// <summary>A fact about permissions of Unix, which the superuser does not have to ask for.</summary>
sealed class UnlessRootFactAttribute : FactAttribute
{
    public UnlessRootFactAttribute() =>
        Skip =
            Environment.UserName == "root"
                ? "root may read and write everything"
                : Platforms.WhyNotUnix("permissions of files");
}
