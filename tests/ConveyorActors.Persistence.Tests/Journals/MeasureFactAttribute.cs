namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>Runs when CONVEYOR_JOURNAL_MEASURE is set; prints rates, and asserts none of them.</summary>
public sealed class MeasureFactAttribute : FactAttribute
{
    public MeasureFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CONVEYOR_JOURNAL_MEASURE") is null)
            Skip = "set CONVEYOR_JOURNAL_MEASURE=1 to measure";
    }
}
