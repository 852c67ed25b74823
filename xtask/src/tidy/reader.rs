//! Goes through what the parser made of a Rust file, and notes the modules, items, imports and paths.
//!
//! Inside macros the tokens are looked through for paths, since a macro's argument need not be an expression. What a
//! method call leads to isn't seen: whoever calls it has the type's name from somewhere, and that is seen.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::{Declared, Import, Inline, Scope, Used};

/// What stands in a file or between the braces of a module; `test` says that it is compiled for tests only.
pub(super) fn read(items: &[syn::Item], test: bool) -> Scope {
    let mut reader = Reader { scope: Scope { test, ..Scope::default() }, test };
    for item in items {
        reader.visit_item(item);
    }
    reader.scope
}

struct Reader {
    scope: Scope,
    /// Whether what is being read is compiled for tests only.
    test: bool,
}

impl Reader {
    /// Reads something that attributes may keep for tests.
    fn within(&mut self, attributes: &[syn::Attribute], read: impl FnOnce(&mut Self)) {
        let outside = self.test;
        self.test |= for_tests(attributes);
        read(self);
        self.test = outside;
    }

    fn path(&mut self, path: Vec<String>, line: usize, called: bool) {
        self.scope.paths.push(Used { path, line, test: self.test, called });
    }

    fn module(&mut self, module: &syn::ItemMod) {
        let (name, first) = (module.ident.to_string(), module.mod_token.span.start().line);
        if let Some((braces, items)) = &module.content {
            let last = braces.span.close().end().line;
            self.scope.inline.push(Inline { name, first, last, scope: read(items, self.test) });
        } else {
            let path = module.attrs.iter().find_map(path_attribute);
            self.scope.files.push(Declared { name, line: first, test: self.test, path });
        }
    }

    fn import(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        let (name, path) = match tree {
            syn::UseTree::Path(part) => return self.import(&part.tree, &joined(before, &part.ident), public),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, public);
                }
                return;
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                (before.last().cloned().unwrap_or_default(), before.to_vec())
            }
            syn::UseTree::Name(name) => (name.ident.to_string(), joined(before, &name.ident)),
            syn::UseTree::Rename(both) if both.ident == "self" => (both.rename.to_string(), before.to_vec()),
            syn::UseTree::Rename(both) => (both.rename.to_string(), joined(before, &both.ident)),
            syn::UseTree::Glob(_) => ("*".to_owned(), before.to_vec()),
        };
        let used = Used { path, line: line_of(tree), test: self.test, called: true };
        self.scope.imports.push(Import { name, used, public });
    }

    /// Every path among the tokens of a macro's arguments; `a.b` is a field or a method, and no path.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at += match &tokens[at] {
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    1
                }
                TokenTree::Ident(_) => {
                    let (path, length) = path_at(&tokens[at..]);
                    let after_dot = at > 0 && [".", "$"].contains(&tokens[at - 1].to_string().as_str());
                    if !after_dot {
                        let called = matches!(tokens.get(at + length), Some(TokenTree::Group(_)));
                        self.path(path, tokens[at].span().start().line, called);
                    }
                    length
                }
                _ => 1,
            };
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (name, attributes) = defined(item);
        self.scope.items.extend(name);
        if let syn::Item::Fn(function) = item
            && attributes.iter().any(|attribute| attribute.path().is_ident("test"))
        {
            self.scope.tests.push(function.sig.fn_token.span.start().line);
        }
        self.within(attributes, |reader| match item {
            syn::Item::Mod(module) => reader.module(module),
            syn::Item::Use(item) if item.leading_colon.is_none() => {
                let public = !matches!(item.vis, syn::Visibility::Inherited);
                reader.import(&item.tree, &[], public);
            }
            _ => visit::visit_item(reader, item),
        });
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(function) => &function.attrs[..],
            syn::ImplItem::Const(constant) => &constant.attrs,
            _ => &[],
        };
        self.within(attributes, |reader| visit::visit_impl_item(reader, item));
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.within(&field.attrs, |reader| visit::visit_field(reader, field));
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func {
            self.path(segments(&function.path), line_of_path(&function.path), true);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.path(segments(path), line_of_path(path), false);
        }
        visit::visit_path(self, path);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.scope.variables.insert(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.visit_path(&invocation.path);
        self.tokens(invocation.tokens.clone());
    }
}

/// The name that an item defines, and its attributes.
fn defined(item: &syn::Item) -> (Option<String>, &[syn::Attribute]) {
    let (name, attributes) = match item {
        syn::Item::Const(item) => (&item.ident, &item.attrs),
        syn::Item::Enum(item) => (&item.ident, &item.attrs),
        syn::Item::Fn(item) => (&item.sig.ident, &item.attrs),
        syn::Item::Static(item) => (&item.ident, &item.attrs),
        syn::Item::Struct(item) => (&item.ident, &item.attrs),
        syn::Item::Trait(item) => (&item.ident, &item.attrs),
        syn::Item::Type(item) => (&item.ident, &item.attrs),
        syn::Item::Union(item) => (&item.ident, &item.attrs),
        syn::Item::Impl(item) => return (None, &item.attrs),
        syn::Item::Mod(item) => return (None, &item.attrs),
        syn::Item::Use(item) => return (None, &item.attrs),
        syn::Item::Macro(item) => return (item.ident.as_ref().map(ToString::to_string), &item.attrs),
        _ => return (None, &[]),
    };
    (Some(name.to_string()), attributes)
}

/// Whether attributes say `#[test]` or `#[cfg(test)]`, alone or with more conditions; `not(test)` is no such thing.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("cfg") => wants_test(&list.tokens.to_string()),
        _ => false,
    })
}

/// Whether a condition can hold in tests only: `test`, or `all(…)` with `test` among what it wants.
fn wants_test(condition: &str) -> bool {
    let condition: String = condition.split_whitespace().collect();
    let all = condition.strip_prefix("all(").and_then(|rest| rest.strip_suffix(')'));
    condition == "test" || all.is_some_and(|all| all.split(',').any(|one| one == "test"))
}

fn path_attribute(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    match &pair.value {
        syn::Expr::Lit(literal) if pair.path.is_ident("path") => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

fn line_of_path(path: &syn::Path) -> usize {
    path.segments.first().map_or(0, |segment| segment.ident.span().start().line)
}

fn line_of(tree: &syn::UseTree) -> usize {
    let span = match tree {
        syn::UseTree::Path(part) => part.ident.span(),
        syn::UseTree::Name(name) => name.ident.span(),
        syn::UseTree::Rename(both) => both.ident.span(),
        syn::UseTree::Glob(star) => star.star_token.spans[0],
        syn::UseTree::Group(group) => group.brace_token.span.open(),
    };
    span.start().line
}

fn joined(before: &[String], name: &syn::Ident) -> Vec<String> {
    before.iter().cloned().chain([name.to_string()]).collect()
}

/// The path that tokens begin with, and of how many tokens it is.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut path = vec![tokens[0].to_string()];
    let mut length = 1;
    while let [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(name), ..] = &tokens[length..] {
        if first.as_char() != ':' || second.as_char() != ':' {
            break;
        }
        path.push(name.to_string());
        length += 3;
    }
    (path, length)
}
