namespace ConveyorActors.Http.Tests.Senders;

/// <summary>A test that needs a program. Where that is not installed it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ProgramFactAttribute : FactAttribute
{
    /// <summary>Where daemons are, which is not on the PATH of every user.</summary>
    const string Daemons = "/usr/sbin";

    public ProgramFactAttribute(string program)
    {
        if (Find(program) is null)
            Skip = $"needs {program}";
    }

    /// <summary>Returns where a program is; null: it is not installed.</summary>
    public static string? Find(string program) =>
        (
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append(Daemons)
            from name in (string[])[program, program + ".exe"]
            select Path.Combine(folder, name)
        ).FirstOrDefault(File.Exists);
}
