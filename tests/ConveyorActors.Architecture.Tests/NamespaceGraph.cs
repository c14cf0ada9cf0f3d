using Mono.Cecil;
using Mono.Cecil.Rocks;

namespace ConveyorActors.Architecture.Tests;

/// <summary>Which folders of a project use which, by the types in them.</summary>
/// <remarks>
/// A folder is the first part of a namespace after the project's name. The project's own namespace, which has what
/// users see, is no folder.
/// </remarks>
sealed class NamespaceGraph
{
    readonly Dictionary<string, Dictionary<string, string>> uses = new(StringComparer.Ordinal);
    readonly string project;

    public NamespaceGraph(AssemblyDefinition assembly, string project)
    {
        this.project = project;
        foreach (var type in assembly.MainModule.GetAllTypes())
        foreach (var used in UsedBy(type))
            Add(type, used);
    }

    /// <summary>Returns a circle of folders that use each other, with the types that do; null: there is none.</summary>
    public string? FindCycle()
    {
        foreach (var start in uses.Keys)
            if (PathTo(start, start, []) is { } path)
                return string.Join(
                    " -> ",
                    path.Zip(path.Skip(1), (from, to) => $"{from} ({uses[from][to]})").Append(start)
                );
        return null;
    }

    List<string>? PathTo(string from, string goal, HashSet<string> seen)
    {
        foreach (var next in uses.GetValueOrDefault(from, []).Keys)
        {
            if (next == goal)
                return [from, goal];
            if (seen.Add(next) && PathTo(next, goal, seen) is { } rest)
                return [from, .. rest];
        }
        return null;
    }

    void Add(TypeDefinition user, TypeReference used)
    {
        var (from, to) = (FolderOf(user), FolderOf(used));
        if (from is null || to is null || from == to)
            return;
        if (!uses.TryGetValue(from, out var targets))
            uses.Add(from, targets = new(StringComparer.Ordinal));
        targets.TryAdd(to, $"{user.Name} uses {used.Name}");
    }

    string? FolderOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type.Namespace.StartsWith(project + ".", StringComparison.Ordinal)
            ? type.Namespace[(project.Length + 1)..].Split('.')[0]
            : null;
    }

    static IEnumerable<TypeReference> UsedBy(TypeDefinition type)
    {
        IEnumerable<TypeReference?> direct =
        [
            type.BaseType,
            .. type.Interfaces.Select(i => i.InterfaceType),
            .. type.CustomAttributes.Select(a => a.AttributeType),
            .. type.Fields.Select(f => f.FieldType),
            .. type.GenericParameters.SelectMany(p => p.Constraints).Select(c => c.ConstraintType),
            .. type.Methods.SelectMany(UsedBy),
        ];
        return direct.OfType<TypeReference>().SelectMany(Parts);
    }

    static IEnumerable<TypeReference> UsedBy(MethodDefinition method) =>
        [
            method.ReturnType,
            .. method.Parameters.Select(p => p.ParameterType),
            .. method.HasBody ? method.Body.Variables.Select(v => v.VariableType) : [],
            .. method.HasBody ? method.Body.Instructions.Select(i => i.Operand).SelectMany(UsedBy) : [],
        ];

    static IEnumerable<TypeReference> UsedBy(object? operand) =>
        operand switch
        {
            TypeReference type => [type],
            GenericInstanceMethod method =>
            [
                method.DeclaringType,
                method.ReturnType,
                .. method.GenericArguments,
                .. method.Parameters.Select(p => p.ParameterType),
            ],
            MethodReference method =>
            [
                method.DeclaringType,
                method.ReturnType,
                .. method.Parameters.Select(p => p.ParameterType),
            ],
            FieldReference field => [field.DeclaringType, field.FieldType],
            _ => [],
        };

    /// <summary>A constructed type, and the types that it is constructed of.</summary>
    static IEnumerable<TypeReference> Parts(TypeReference type) =>
        type switch
        {
            GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Parts)],
            TypeSpecification made => Parts(made.ElementType),
            _ => [type],
        };
}
