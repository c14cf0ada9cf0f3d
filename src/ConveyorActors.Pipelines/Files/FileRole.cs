namespace ConveyorActors.Pipelines.Files;

/// <summary>Specifies what a run uses a file for.</summary>
enum FileUse
{
    /// <summary>The run reads lines from the file.</summary>
    Source,

    /// <summary>The run has read its definition from the file.</summary>
    Plan,

    /// <summary>The run writes lines to the file.</summary>
    Output,

    /// <summary>The run writes messages for the user to the file.</summary>
    Messages,

    /// <summary>The run keeps its state in the file; nothing else may read or write it.</summary>
    State,
}

/// <summary>A file and its use in a run.</summary>
/// <param name="Name">The name in messages, such as "sink 'out'".</param>
/// <param name="Use">The use of the file.</param>
/// <param name="Id">The identity of the file; null: it does not exist yet.</param>
/// <param name="Descriptor">
/// The number of the descriptor through which the file is used; null: it is opened by its path.
/// </param>
sealed record FileRole(string Name, FileUse Use, FileId? Id, int? Descriptor = null)
{
    /// <summary>
    /// Gets the path, with all links followed, of a file that is still to be created; null: the file exists.
    /// </summary>
    public string? NewPath { get; init; }

    /// <summary>Returns the role of the file that a path or "-" leads to now.</summary>
    /// <param name="what">The kind of use in messages: "sink", "source" and the like.</param>
    /// <param name="path">The path, or "-".</param>
    /// <param name="use">The use of the file.</param>
    /// <param name="standard">The descriptor that "-" stands for.</param>
    public static FileRole Resolve(string what, string path, FileUse use, int standard = -1)
    {
        if (Descriptors.FindDescriptor(path, standard) is not { } number)
            return FileId.Find(path) is { } found
                ? new($"{what} '{path}'", use, found)
                : new($"{what} '{path}'", use, null) { NewPath = Paths.ResolveLinks(path) };
        var name = path == "-" ? DescribeStandard(number) : $"{what} '{path}'";
        var id = Descriptors.IsInherited(number) ? FileId.Find(number) : null;
        if (id is { Kind: FileKind.Regular } && Descriptors.FindPath(number) is { } file)
            name += $" (the file '{file}')";
        return new(name, use, id, number);
    }

    /// <summary>Returns the reason why files may not be used together; null: they may.</summary>
    public static string? FindConflict(IReadOnlyList<FileRole> roles)
    {
        for (var i = 0; i < roles.Count; i++)
        for (var j = i + 1; j < roles.Count; j++)
            if ((roles[i].FindConflict(roles[j]) ?? roles[j].FindConflict(roles[i])) is { } why)
                return why;
        return null;
    }

    static string DescribeStandard(int number) =>
        number switch
        {
            Descriptors.Input => "standard input",
            Descriptors.Output => "standard output",
            _ => "standard error",
        };

    string? FindConflict(FileRole other)
    {
        if (NewPath is not null && NewPath == other.NewPath && (Use, other.Use) is (FileUse.Output, FileUse.Output))
            return DescribeSameFile(other);
        if (Id is not { } id || other.Id != id || id.Kind == FileKind.Character)
            return null;
        return (Use, other.Use) switch
        {
            (_, FileUse.State) => $"{Name} is also the {other.Name}: it must not be used for anything else",
            (FileUse.Output, FileUse.Source) when id.Kind != FileKind.Socket =>
                $"{Name} is also the {other.Name}: writing it would destroy the input",
            (FileUse.Output, FileUse.Plan) =>
                $"{Name} is also the {other.Name}: writing it would destroy the pipeline file",
            (FileUse.Plan, FileUse.Source) when id.Kind != FileKind.Regular =>
                $"{Name} is also the {other.Name}: it can be read only once",
            (FileUse.Output, FileUse.Output) when id.Kind != FileKind.Socket => DescribeSameFile(other),
            (FileUse.Messages, FileUse.Source or FileUse.Plan) when id.Kind == FileKind.Regular =>
                $"{Name} is also the {other.Name}: messages would be written into it",
            (FileUse.Messages, FileUse.Output) when id.Kind == FileKind.Regular && !CanWriteWith(other) =>
                $"{Name} is also {AddArticle(other)}: they would overwrite each other",
            _ => null,
        };
    }

    string DescribeSameFile(FileRole other) => $"{Name} is also {AddArticle(other)}: they must be different files";

    static string AddArticle(FileRole role) =>
        role.Name.StartsWith("standard", StringComparison.Ordinal) ? role.Name : "the " + role.Name;

    /// <summary>
    /// Returns whether two writers keep each other's bytes: they share one open file description, or both append.
    /// </summary>
    bool CanWriteWith(FileRole other) =>
        Descriptor is { } one
        && other.Descriptor is { } two
        && (Descriptors.ShareOpenFile(one, two) || Descriptors.IsAppending(one) && Descriptors.IsAppending(two));
}
