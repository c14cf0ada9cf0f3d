namespace ConveyorActors.Pipelines.Tests;

/// <summary>A fact about permissions, which the superuser does not have to ask for.</summary>
sealed class UnlessRootFactAttribute : FactAttribute
{
    public UnlessRootFactAttribute()
    {
        if (Environment.UserName == "root")
            Skip = "root may read and write everything";
    }
}
