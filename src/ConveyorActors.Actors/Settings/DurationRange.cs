namespace ConveyorActors.Actors.Settings;

/// <summary>A range of durations, and its description in an error message.</summary>
sealed record DurationRange(TimeSpan Min, TimeSpan Max, string Must)
{
    static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    public static DurationRange Lasting { get; } =
        new(Millisecond, TimeSpan.MaxValue, "a duration from 1 ms to 10,675,199 d, such as 30 s");

    public static DurationRange UpToOneDay { get; } =
        new(Millisecond, TimeSpan.FromDays(1), "a duration from 1 ms to one day, such as 30 s");

    public static DurationRange UpToOneHour { get; } =
        new(Millisecond, TimeSpan.FromHours(1), "a duration from 1 ms to one hour, such as 10 ms");

    public static DurationRange FromOneSecondToOneHour { get; } =
        new(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), "a duration from 1 s to one hour, such as 20 s");

    public static DurationRange Backoff { get; } =
        new(TimeSpan.Zero, TimeSpan.MaxValue, "a duration from 0 to 10,675,199 d, such as 100 ms");

    public bool TryRead(string text, out TimeSpan value) =>
        HoconUnits.TryDuration(text, out value) && value >= Min && value <= Max;
}
