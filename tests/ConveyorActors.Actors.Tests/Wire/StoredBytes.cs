namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>
/// Bytes that versions of this project have written: one text file for each version, <c>Stored/v1.txt</c> and so on,
/// one line for each message: its manifest, a space, its bytes in hex (a dash where there are none). A line that is
/// there is never changed or removed.
/// </summary>
/// <remarks>
/// <para>For a new message: add it to <see cref="Examples.All"/>, then run the tests once with
/// <c>CONVEYOR_WIRE_WRITE=v1</c> (the newest version there is).
/// That adds the lines that are missing, and only those.</para>
/// <para>For a new field: put the example as it was before into <see cref="Examples.Older"/>, once for each version
/// whose file has the message, give the
/// field a value in <see cref="Examples.All"/>, then run the tests once with <c>CONVEYOR_WIRE_WRITE=v2</c> (one more
/// than the newest version there is).</para>
/// </remarks>
static class StoredBytes
{
    const string Empty = "-";

    public sealed record Line(string Version, string Manifest, byte[] Bytes);

    public static IReadOnlyList<Line> All() =>
        [
            .. from file in Directory.GetFiles(Folder, "*.txt").Order(StringComparer.Ordinal)
            from line in File.ReadAllLines(file)
            let parts = line.Split(' ')
            select new Line(
                Path.GetFileNameWithoutExtension(file),
                parts[0],
                parts[1] == Empty ? [] : Convert.FromHexString(parts[1])
            ),
        ];

    public static void Add(string version, IEnumerable<(string Manifest, byte[] Bytes)> lines) =>
        File.AppendAllLines(
            Path.Combine(Folder, $"{version}.txt"),
            lines.Select(l => $"{l.Manifest} {(l.Bytes.Length == 0 ? Empty : Convert.ToHexStringLower(l.Bytes))}")
        );

    static string Folder
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
                    return Path.Combine(folder.FullName, "tests", "ConveyorActors.Actors.Tests", "Wire", "Stored");
            throw new InvalidOperationException($"No ConveyorActors.sln above {AppContext.BaseDirectory}.");
        }
    }
}
