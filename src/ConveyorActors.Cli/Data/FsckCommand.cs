using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>The verb <c>fsck</c>: checks a data directory and recovers what is readable from a damaged one.</summary>
static class FsckCommand
{
    const string Examples = """
          conveyor fsck ./state
          conveyor fsck ./state --repair

        Exit codes: 0 no row is missing or unreadable, or the directory was repaired; 1 rows are missing or unreadable; 2 wrong usage.
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new DataVerb(
            terminal,
            new Verb(
                "fsck",
                "Checks every row of a data directory: checksums, counts, and whether anything is missing.",
                Examples
            )
        );
        var repair = new Option<bool>("--repair")
        {
            Description =
                "Write the good rows to a new data file. The old files are kept next to it, with the rows that were left out; nothing is deleted.",
        };
        verb.Verb.Options.Add(repair);
        verb.Verb.SetAction(
            (parsed, _) =>
                verb.RunAsync(
                    parsed,
                    new(),
                    path =>
                    {
                        var isRepair = parsed.GetValue(repair);
                        var report = isRepair ? DirectoryCheck.Repair(path) : DirectoryCheck.Check(path);
                        foreach (var finding in report.Findings)
                            terminal.Out.WriteLine(finding.ToString());
                        terminal.Out.WriteLine(
                            (
                                report.IsSound ? "sound"
                                : report.SetAside is null
                                    ? $"damaged in {CountText.FormatWithNoun(FindingsReport.FindDamage(report.Findings).Count, "place")}"
                                : "repaired"
                            ) + $"; {CountText.FormatWithNoun(report.Records, "record")} waiting"
                        );
                        if (report.SetAside is { } aside)
                            terminal.Out.WriteLine($"the old files and the omitted rows are in {aside}");
                        return Task.FromResult(
                            report.IsSound || report.SetAside is not null ? ExitCodes.Done : ExitCodes.Failed
                        );
                    }
                )
        );
        return verb.Verb;
    }
}
