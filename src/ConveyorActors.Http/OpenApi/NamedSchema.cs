using Microsoft.OpenApi;

namespace ConveyorActors.Http.OpenApi;

/// <summary>A schema that operations refer to by its name.</summary>
/// <param name="Name">The schema's name.</param>
/// <param name="Description">What the object is.</param>
/// <param name="Fields">The object's members.</param>
sealed record NamedSchema(string Name, string Description, params IReadOnlyList<Field> Fields)
{
    /// <summary>Returns a reference to the schema.</summary>
    public IOpenApiSchema Refer() => new OpenApiSchemaReference(Name);
}
